"""Lines of one row: the first of every screen, and others that change while one looks."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from textual.screen import Screen
from textual.widgets import Static

STATE_CLASSES = {
    "running": "-good",
    "finished": "-good",
    "starting": "-warn",
    "resuming": "-warn",
    "paused": "-warn",
    "stopped": "-warn",
    "interrupted": "-bad",
    "failed": "-bad",
    "unreadable": "-bad",
}


class Line(Static):
    """One row of text that is written only when it changes, and without a new layout.

    Where it is cut, a sign says so; the whole of it is the tooltip, and `cut_texts` finds it.
    """

    def __init__(self, text: str = "", **kwargs: str | None) -> None:
        super().__init__(text, markup=False, **kwargs)  # type: ignore[arg-type]
        self._text = text

    def say(self, text: str) -> None:
        """Show a text."""
        if text != self._text:
            self._text = text
            self.update(text, layout=False)
            self.tooltip = text


def cut_texts(screen: Screen[Any]) -> list[str]:
    """The whole of what is on a screen in part only."""
    return [str(text.content) for text in screen.query(Static) if _is_cut(text)]


def _is_cut(text: Static) -> bool:
    width, height = text.size
    if not width * height:  # not on the screen at all
        return False
    if text.styles.text_wrap == "wrap":
        return text.get_content_height(text.size, text.app.size, width) > height
    lines = str(text.content).splitlines()
    return len(lines) > height or any(cell_len(line) > width for line in lines)


class Heading(Line):
    """Where one is, coloured by how the run is."""

    def say(self, text: str, state: str = "") -> None:
        """Show a text, coloured by a run's state."""
        super().say(text)
        for name in set(STATE_CLASSES.values()):
            self.set_class(STATE_CLASSES.get(state) == name, name)
