"""From marked cells to pixels: the last step before a frame goes to the terminal.

Widgets draw pictures in half blocks, always, and mark their cells with the picture that stands
there. Textual then does what it does with text: clips, scrolls, lays toasts over it; under a
modal screen it dims the cells and takes the marks off them. So the marks that arrive here, in
the frame that is about to be written, say exactly which cells show which part of which picture.
They give way to pixels within that frame, which stays one write. A screenshot, which takes
another way, has the half blocks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic, TypeVar

from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from vitac_tui.images.images import Pixels
from vitac_tui.tui.terminal.graphics.choice import Cell
from vitac_tui.tui.terminal.textual_private import ChopsUpdate, CompositorUpdate, LayoutUpdate

_MARK = "picture"
_keys = count(1)

Mark = tuple[int, int, int]  # a picture's key, and the row and column of a cell in it, from 0


def mark(key: int, row: int, column: int) -> Style:
    """The mark of a cell that shows a part of a picture."""
    return Style.from_meta({_MARK: (key, row, column)})


@dataclass(frozen=True)
class PixelImage:
    """An image made ready for the terminal, as large as so many cells."""

    columns: int
    rows: int
    key: int = field(default_factory=lambda: next(_keys))


P = TypeVar("P", bound=PixelImage)


class Painter(ABC, Generic[P]):
    """The pictures on show, by the widgets that show them."""

    def __init__(self) -> None:
        self._shown: dict[int, tuple[Widget, P]] = {}
        self._before: list[str] = []  # goes to the terminal ahead of the next frame

    @abstractmethod
    def side(self, columns: int, rows: int, cell: Cell) -> int:
        """Pixels of the side of a square picture in an area of cells."""

    @abstractmethod
    def prepare(self, pixels: Pixels, columns: int, rows: int, cell: Cell) -> P:
        """Make a picture of uint8 [side, side, 3]. It takes a while, and may be in a thread."""

    def show(self, widget: Widget, pictures: Sequence[P]) -> None:
        """These are the pictures of a widget from now on, in place of those before."""
        for key in [key for key, (owner, _) in self._shown.items() if owner is widget]:
            self._leave(self._shown.pop(key)[1])
        for picture in pictures:
            if self._enter(picture):
                self._shown[picture.key] = (widget, picture)

    def over(self, update: Any) -> Any:
        """What Textual is about to write, with pictures in it if it is an update of the screen."""
        if isinstance(update, LayoutUpdate | ChopsUpdate) and (self._shown or self._before):
            return Painted(self, update)
        return update

    def frame(self, update: LayoutUpdate | ChopsUpdate, console: Console) -> str:
        """What to write to the terminal for an update."""
        written, self._before = self._before, []
        for x, y, strip in _pieces(update):
            written.append(f"\x1b[{y + 1};{x + 1}H")
            for piece in _runs(strip):
                if isinstance(piece, Run) and piece.mark[0] in self._shown:
                    written.append(self._drawn(x, y, piece, console))
                    x += piece.length
                else:
                    plain = piece.strip if isinstance(piece, Run) else piece
                    self._overwritten(x, y, plain.cell_length)
                    written.append(plain.render(console))
                    x += plain.cell_length
        written.append(self._after())
        return "".join(written)

    def farewell(self) -> str:
        """What to write before the app leaves the terminal. Pictures come back with `again`."""
        self._before = []
        return ""

    def again(self) -> None:
        """The terminal may have forgotten all pictures."""

    def _enter(self, picture: P) -> bool:
        """Whether there is room for a picture."""
        return True

    def _leave(self, picture: P) -> None:
        """Let go of what the terminal keeps for a picture."""

    @abstractmethod
    def _drawn(self, x: int, y: int, run: Run, console: Console) -> str:
        """What to write in place of a run of cells."""

    def _overwritten(self, x: int, y: int, length: int) -> None:
        """Cells are written that show no picture."""

    def _after(self) -> str:
        """What to write after all text of a frame."""
        return ""

    def _ground(self, run: Run) -> Color | None:
        """The colour around a picture where its cells are not twice as high as wide."""
        return self._shown[run.mark[0]][0].rich_style.bgcolor


class Painted(CompositorUpdate):
    """An update of the screen that a painter writes."""

    def __init__(self, painter: Painter[P], update: LayoutUpdate | ChopsUpdate) -> None:
        self._painter = painter
        self._update = update

    def render_segments(self, console: Console) -> str:
        """What is written. Only now: an update may also be dropped."""
        return self._painter.frame(self._update, console)


@dataclass(frozen=True)
class Run:
    """Cells beside each other in one row of one picture: the first's mark, and the half blocks."""

    mark: Mark
    strip: Strip

    @property
    def length(self) -> int:
        """How many cells."""
        return self.strip.cell_length


def _pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """What an update writes: column and line of the screen, and the text from there on."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield x, y, strip
                x += strip.cell_length
        return
    for y, start, end in update.spans:
        for x, chop in update.chops[y].items():
            if chop is not None and x < end and x + chop.cell_length > start:
                left = max(x, start)
                yield left, y, chop.crop(left - x, min(end - x, chop.cell_length))


def _runs(strip: Strip) -> Iterator[Strip | Run]:
    """A strip in parts: runs of cells that show a picture, and what is between them."""
    part: list[Segment] = []
    first: Mark | None = None
    for segment in strip:
        found = segment.style.meta.get(_MARK) if segment.style else None
        goes_on = (
            found is None
            if first is None
            else found == (first[0], first[1], first[2] + len(part))  # a segment is a cell
        )
        if part and not goes_on:
            yield _part(part, first)
            part = []
        if not part:
            first = found
        part.append(segment)
    if part and first is None and len(part) == len(strip):
        yield strip  # which may know its text already
    elif part:
        yield _part(part, first)


def _part(part: Sequence[Segment], first: Mark | None) -> Strip | Run:
    return Strip(part) if first is None else Run(first, Strip(part, len(part)))
