"""The terminal's answers, taken out of what it sends before Textual takes them for keys.

Textual 8 knows no device attributes and no DCS: it types an unknown sequence as keys, and so
would an answer press `?` and `c`. Here nobody waits for an answer. It may come at any time, in
any number of pieces, and is a message to the app when it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from time import monotonic

from textual.message import Message

from vitac_tui.tui.terminal.graphics.choice import Answers
from vitac_tui.tui.terminal.textual_private import XTermParser

_ANSWER = re.compile(
    r"\x1bP>\|(?P<version>[^\x1b\x07]*)(?:\x1b\\|\x07)"
    r"|\x1b\[6;(?P<height>\d+);(?P<width>\d+)t"
    r"|\x1b\[\?(?P<attributes>[\d;]*)c"
)
#: What may become an answer with what comes next.
_BEGUN = re.compile(
    r"\x1bP(?:>(?:\|[^\x1b\x07]{0,200}\x1b?)?)?\Z"
    r"|\x1b\[(?:6(?:;\d{0,5}(?:;\d{0,5})?)?|\?[\d;]{0,200})?\Z"
    r"|\x1b\Z"
)
#: Seconds after which a begun answer is none: escape, alt+P and alt+[ begin as answers do.
PATIENCE_S = 0.1


class Answered(Message):
    """The terminal has answered everything that it was asked."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self.answers = answers


class Listening(XTermParser):
    """Textual's parser of what the terminal sends, less the answers."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._answers = Answers()
        self._waiting = True  # one parser lives from one start of the terminal to its end
        self._held = ""
        self._since = 0.0

    def feed(self, data: str) -> Iterable[Message]:
        """Messages of the data: keys, and `Answered` with the last answer."""
        if data and self._waiting:
            return self._fed(data)
        return super().feed(data)

    def tick(self) -> Iterable[Message]:
        """Messages of data that nothing more came to."""
        if self._held and monotonic() - self._since >= PATIENCE_S:
            held, self._held = self._held, ""
            yield from super().feed(held)
        yield from super().tick()

    def _fed(self, data: str) -> Iterable[Message]:
        data, self._held = self._held + data, ""
        at = 0
        for found in _ANSWER.finditer(data):
            yield from self._keys(data[at : found.start()])
            at = found.end()
            if self._take(found):
                self._waiting = False
                yield Answered(self._answers)
        begun = _BEGUN.search(data, at) if self._waiting else None
        if begun is not None:
            self._held, self._since = begun[0], monotonic()
        yield from self._keys(data[at : begun.start() if begun else None])

    def _keys(self, data: str) -> Iterable[Message]:
        return super().feed(data) if data else ()

    def _take(self, found: re.Match[str]) -> bool:
        """Note an answer; whether it is the last."""
        if found["version"] is not None:
            self._answers = replace(self._answers, version=found["version"])
        elif found["width"] is not None:
            cell = (int(found["width"]), int(found["height"]))
            self._answers = replace(self._answers, cell=cell if all(cell) else None)
        else:
            parameters = tuple(int(part) for part in found["attributes"].split(";") if part)
            self._answers = replace(self._answers, attributes=parameters)
            return True
        return False
