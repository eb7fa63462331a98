"""A confusion matrix as a heat map that scrolls."""

from __future__ import annotations

from collections.abc import Sequence

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

CELL = 4  # columns a class
NAMES = 14  # columns of the class names, cut with a sign


class HeatMap(ScrollView, can_focus=True):
    """Rows are true classes, columns what the model says; the shade is the share of the row."""

    DEFAULT_CSS = "HeatMap { height: 1fr; }"
    HELP = "A confusion matrix: rows are true classes, columns answers. Arrows scroll."

    def __init__(self, **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self._counts: Sequence[Sequence[int]] = ()
        self._answers: Sequence[str] = ()

    def show(self, counts: Sequence[Sequence[int]], classes: Sequence[str]) -> None:
        """Show counts, true class by answer."""
        self._counts, self._answers = counts, classes
        self.virtual_size = Size(NAMES + CELL * len(counts), len(counts) + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row; the first holds the classes' names and stays."""
        left, top = self.scroll_offset
        width = self.size.width
        number = y - 1 + top
        if y == 0:
            cells = [Segment(_cut(name, CELL - 1).rjust(CELL)) for name in self._answers]
            head = Segment("true \\ said".ljust(NAMES), Style(dim=True))
        elif number < len(self._counts):
            cells = self._row(self._counts[number])
            head = Segment(_cut(self._answers[number], NAMES - 1).ljust(NAMES))
        else:
            return Strip.blank(width, self.rich_style)
        body = Strip(cells).crop(left, left + max(0, width - NAMES))
        return (
            Strip([head, *body])
            .extend_cell_length(width, self.rich_style)
            .apply_style(self.rich_style)
        )

    def _row(self, counts: Sequence[int]) -> list[Segment]:
        whole = sum(counts) or 1
        return [
            Segment(f"{count or '·':>{CELL}}", _shade(count / whole) if count else Style(dim=True))
            for count in counts
        ]


def _shade(share: float) -> Style:
    """From dark blue to bright yellow, with ink that reads on it; also told apart in grey."""
    red, green, blue = (round(a + (b - a) * share) for a, b in ((30, 250), (45, 215), (90, 60)))
    ink = "black" if share > 0.45 else "white"
    return Style(color=ink, bgcolor=Color.from_rgb(red, green, blue), bold=share > 0.45)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
