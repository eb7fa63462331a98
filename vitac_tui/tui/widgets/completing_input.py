"""Input lines that tab completes, as in a shell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.suggester import Suggester
from textual.widgets import Input

from vitac_tui.tui import keys
from vitac_tui.tui.reading.folders import completion


class Folders(Suggester):
    """Suggests folders of the disk, which is read again every time."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(completion, value) if value else None


class NamesOrFolders(Suggester):
    """Suggests one of a few names, or folders where a path is typed."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = tuple(names)

    async def get_suggestion(self, value: str) -> str | None:
        for name in self._names:
            if value and name.casefold().startswith(value.casefold()):
                return value + name[len(value) :]
        return await asyncio.to_thread(completion, value) if "/" in value else None


class CompletingInput(Input):
    """Enter submits; tab takes the suggestion, or moves on where there is none."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("completion")

    def action_complete(self) -> None:
        before = self.value
        if self.cursor_at_end:
            self.action_cursor_right()  # takes the suggestion
        if self.value == before:
            self.screen.focus_next()


class PathInput(CompletingInput):
    """The path of a folder."""

    HELP = "A folder's path. Tab completes it, enter reads the folder, escape leaves the line."

    def __init__(self, **kwargs: str | None) -> None:
        super().__init__(
            placeholder="a dataset's folder; tab completes",
            suggester=Folders(),
            compact=True,
            select_on_focus=False,
            **kwargs,  # type: ignore[arg-type]
        )

    def begin(self, first: str) -> None:
        """Replace the path by its first character, typed before the line had the focus."""
        self.value = first
        self.cursor_position = len(first)

    def on_paste(self, event: events.Paste) -> None:
        """Let an absolute path that is pasted replace what is there."""
        if event.text.startswith(("/", "~")):
            self.value = ""
