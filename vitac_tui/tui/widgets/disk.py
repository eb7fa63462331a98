"""Where datasets are: the sample set, those of earlier runs, and the folders of the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import DirectoryTree, OptionList
from textual.widgets.option_list import Option

from vitac_tui.errors import one_line
from vitac_tui.tui.reading.folders import recent
from vitac_tui.tui.reading.survey import SAMPLE_SET, Table
from vitac_tui.tui.widgets.folders import FolderTree


class Places(OptionList):
    """The arrow keys lead on into the tree below, as they lead back from its first line."""

    HELP = "The sample set and what earlier runs used. Enter takes one; down leads to folders."

    def on_mount(self) -> None:
        """One is marked from the start: enter takes it."""
        self.highlighted = 0

    def action_cursor_down(self) -> None:
        """The next place, or the tree."""
        if self.highlighted == self.option_count - 1:
            self.screen.focus_next(FolderTree)
        else:
            super().action_cursor_down()


class Disk(Vertical):
    """Tells which dataset was chosen, as a `[dataset]` table; of a folder only its root."""

    @dataclass
    class Chosen(Message):
        """A dataset was chosen."""

        table: dict[str, Any]

    def __init__(self, beginning: Path, runs: Path, **kwargs: str | None) -> None:
        """Begin the tree at a folder, and look for recent datasets among the runs of another."""
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self._beginning = beginning
        self._runs = runs
        self._offered: list[Table] = [SAMPLE_SET]

    def compose(self) -> ComposeResult:
        """Places by name above the tree."""
        yield Places(Option("the built-in sample set"), id="places")
        yield FolderTree(self._beginning, id="tree")

    def on_mount(self) -> None:
        """Look for recent ones."""
        self._find_recent()

    @work(thread=True, exit_on_error=False, group="recent")
    def _find_recent(self) -> None:
        self.app.call_from_thread(self._offer, recent(self._runs))

    def _offer(self, tables: tuple[Table, ...]) -> None:
        self._offered += tables
        names = [f"{'/'.join(Path(t['root']).parts[-2:])}  {t['modality']}" for t in tables]
        self.query_one(OptionList).add_options(
            [Option(Text(one_line(name), no_wrap=True, overflow="ellipsis")) for name in names]
        )

    @on(OptionList.OptionSelected, "#places")
    def _placed(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(dict(self._offered[event.option_index])))

    @on(DirectoryTree.DirectorySelected)
    def _pointed(self, event: DirectoryTree.DirectorySelected) -> None:
        event.stop()
        self.post_message(self.Chosen({"root": str(event.path.absolute())}))

    def go_to(self, folder: Path) -> None:
        """Show the tree of a folder."""
        self.query_one(FolderTree).path = folder
