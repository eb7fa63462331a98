"""One key shows a letter on every pane, and that letter goes there."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_lowercase
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.geometry import Offset
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Label


def panes(screen: Screen[Any]) -> dict[str, tuple[Widget, Offset]]:
    """What can be focused and seen of a screen: by letter, with its place, in reading order."""
    seen: list[tuple[Offset, Widget]] = []
    for widget in screen.focus_chain:
        region = screen.find_widget(widget).visible_region
        if region:
            seen.append((region.offset, widget))
    seen.sort(key=lambda item: (item[0].y, item[0].x))
    return {
        letter: (widget, place)
        for letter, (place, widget) in zip(ascii_lowercase, seen, strict=False)
    }


class Jump(ModalScreen[Widget | None]):
    """Letters over the screen below; any other key leaves all as it is."""

    DEFAULT_CSS = """
    Jump { align: left top; background: $background 50%; }
    Jump Label {
        position: absolute;
        background: $accent;
        color: $background;
        text-style: bold;
    }
    """

    def __init__(self, panes: Mapping[str, tuple[Widget, Offset]]) -> None:
        super().__init__()
        self._panes = panes

    def compose(self) -> ComposeResult:
        """A letter a pane, at its corner."""
        for letter, (_, place) in self._panes.items():
            label = Label(f" {letter} ")
            label.styles.offset = place
            yield label

    def on_key(self, event: events.Key) -> None:
        """Go where the letter stands."""
        event.stop()
        event.prevent_default()
        widget, _ = self._panes.get(event.key, (None, None))
        self.dismiss(widget)
