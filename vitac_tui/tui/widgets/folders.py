"""A tree of folders, read as it is opened."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.widgets import DirectoryTree

from vitac_tui.errors import one_line
from vitac_tui.tui import keys


class FolderTree(DirectoryTree):
    """Enter chooses a folder; space, left and right open and close it; backspace goes above."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("folders")
    HELP = "Folders. Enter chooses one, right opens it, backspace shows the folder above."
    ICON_NODE = "+ "
    ICON_NODE_EXPANDED = "- "

    def __init__(self, path: Path, **kwargs: str | None) -> None:
        super().__init__(path, **kwargs)  # type: ignore[arg-type]
        self.auto_expand = False
        self.guide_depth = 2

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Folders only, without hidden ones."""
        return (p for p in paths if not p.name.startswith(".") and self._safe_is_dir(p))

    def process_label(self, label: object) -> Text:
        """A name as one printable line; the folder of all folders has none."""
        return Text(one_line(str(label)) or "/")

    def action_cursor_up(self) -> None:
        """The line above; from the first one, what is above the tree."""
        if self.cursor_line > 0:
            super().action_cursor_up()
        else:
            self.screen.focus_previous()

    def action_open(self) -> None:
        """Show what is in the folder; from an open one, step into it."""
        node = self.cursor_node
        if node is None:
            return
        if node.is_expanded:
            self.action_cursor_down()
        else:
            node.expand()

    def action_shut(self) -> None:
        """Hide what is in the folder; from a closed one, go to the one around it."""
        node = self.cursor_node
        if node is None:
            return
        if node.is_expanded and not node.is_root:
            node.collapse()
        elif node.parent is not None:
            self.move_cursor(node.parent)
        else:
            self.action_above()

    def action_above(self) -> None:
        """Show the tree of the folder above."""
        self.path = Path(self.path).absolute().parent
