"""A line to type a folder's path into, completed as in a shell."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.binding import BindingType
from textual.suggester import Suggester
from textual.widgets import Input

from vitac_tui.tui import keys
from vitac_tui.tui.reading.folders import completion


class _Folders(Suggester):
    """Folders of the disk, which is asked anew every time."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """In a thread: the folder may be on a network."""
        return await asyncio.to_thread(completion, value) if value else None


class PathInput(Input):
    """Enter submits; tab takes the completion, or moves on where there is none."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("path")
    HELP = "A folder's path. Tab completes it, enter reads the folder, escape leaves the line."

    def __init__(self, **kwargs: str | None) -> None:
        super().__init__(
            placeholder="a dataset's folder; tab completes",
            suggester=_Folders(),
            compact=True,
            select_on_focus=False,
            **kwargs,  # type: ignore[arg-type]
        )

    def action_complete(self) -> None:
        """Take what is suggested."""
        before = self.value
        if self.cursor_at_end:
            self.action_cursor_right()
        if self.value == before:
            self.screen.focus_next()
