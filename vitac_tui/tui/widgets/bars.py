"""Nested progress: the run, the rate or point, the epoch, the batch. One row each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widget import Widget


@dataclass(frozen=True)
class Bar:
    """One row: a share in [0, 1] with its name before and its text after it."""

    name: str
    share: float
    text: str


class Bars(Widget):
    """Rows of bars; drawn anew only when something changed."""

    DEFAULT_CSS = "Bars { height: auto; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"bars--done", "bars--left"}

    def __init__(self, rows: int, **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self._most = rows
        self._bars: tuple[Bar, ...] = ()

    def show(self, bars: tuple[Bar, ...]) -> None:
        """Show these bars, at most as many as there are rows."""
        if bars != self._bars:
            self._bars = bars
            self.refresh()

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Always the same, so that nothing below it jumps."""
        return self._most

    def render(self) -> Text:
        """All rows."""
        width = self.size.width
        names = max((len(bar.name) for bar in self._bars), default=0)
        texts = max((len(bar.text) for bar in self._bars), default=0)
        length = max(4, min(60, width - names - texts - 3))
        done = self.get_component_rich_style("bars--done", partial=True)
        left = self.get_component_rich_style("bars--left", partial=True)
        lines = [_line(bar, names, length, width, done, left) for bar in self._bars[: self._most]]
        return Text("\n", no_wrap=True).join(lines)


def _line(bar: Bar, names: int, length: int, width: int, done: Style, left: Style) -> Text:
    filled = round(min(max(bar.share, 0.0), 1.0) * length)
    line = Text(f"{bar.name:<{names}} ", no_wrap=True, overflow="ellipsis")
    line.append("━" * filled, done)
    line.append("─" * (length - filled), left)
    line.append(f" {bar.text}")
    line.truncate(width, overflow="ellipsis")
    return line
