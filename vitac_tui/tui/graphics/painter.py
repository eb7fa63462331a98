"""From marked cells to pixels: the last step before a frame goes to the terminal.

Widgets draw pictures in half blocks, always, and mark their cells with the picture that stands
there. Textual then does what it does with text: clips, scrolls, lays toasts over it; under a
modal screen it dims the cells and takes the marks off them. So the marks that arrive here, in
the frame that is about to be written, say exactly which cells show which part of which picture.
They are replaced within that frame, by placeholders or by blanks that sixels are drawn over, and
all of it is one write. A screenshot, which takes another way, has the half blocks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any, Generic, TypeVar

from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip
from textual.widget import Widget

from vitac_tui.data.images import Pixels
from vitac_tui.tui.graphics import kitty, sixel
from vitac_tui.tui.graphics.choice import Cell

_MARK = "picture"
_keys = count(1)

#: No finer than this: kitty scales, and a dense screen would take four times the bytes.
FINEST = (10, 20)
#: xterm cuts sixels off at 1000 pixels, so that larger pictures are drawn in pieces.
LARGEST = 960


def mark(key: int, row: int, column: int) -> Style:
    """The mark of a cell that shows a part of a picture: its row and column in it, from 0."""
    return Style.from_meta({_MARK: (key, row, column)})


@dataclass(frozen=True)
class Picture:
    """An image made ready for the terminal, as large as so many cells."""

    columns: int
    rows: int
    key: int = field(default_factory=lambda: next(_keys))


P = TypeVar("P", bound=Picture)
Mark = tuple[int, int, int]  # key, row, column


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
        if isinstance(update, CompositorUpdate) and (self._shown or self._before):
            return Painted(self, update)
        return update

    def frame(self, update: CompositorUpdate, console: Console) -> str:
        """What to write to the terminal for an update."""
        before, self._before = "".join(self._before), []
        return before + self._drawn(update, console)

    def farewell(self) -> str:
        """What to write before the app leaves the terminal. Pictures come back with `again`."""
        self._before = []
        return ""

    def again(self) -> None:
        """The terminal has forgotten everything."""

    def _enter(self, picture: P) -> bool:
        return True

    def _leave(self, picture: P) -> None:
        """Let go of what the terminal keeps for a picture."""

    @abstractmethod
    def _drawn(self, update: CompositorUpdate, console: Console) -> str: ...

    def _ground(self, key: int) -> Color | None:
        """The colour around a picture where its cells are not twice as high as wide."""
        return self._shown[key][0].rich_style.bgcolor

    def _replaced(
        self, update: CompositorUpdate, cell: Callable[[int, int, Mark], Segment | None]
    ) -> CompositorUpdate:
        """The update with marked cells replaced by what `cell(x, y, mark)` makes of them."""

        def strip(old: Strip, x: int, y: int) -> Strip:
            if not any(style and style._meta for _, style, _ in old):
                return old
            segments = []
            for segment in old:
                place: Any = segment.style.meta.get(_MARK) if segment.style else None
                shown = place is not None and place[0] in self._shown
                segments.append((cell(x, y, place) if shown else None) or segment)
                x += segment.cell_length
            return Strip(segments, old.cell_length)

        if isinstance(update, LayoutUpdate):
            lines: list[list[Strip]] = []
            for y, line in enumerate(update.strips, update.region.y):
                x = update.region.x
                lines.append([])
                for old in line:
                    lines[-1].append(strip(old, x, y))
                    x += old.cell_length
            return LayoutUpdate(list(lines), update.region)
        if isinstance(update, ChopsUpdate):
            written = {y for y, _, _ in update.spans}
            chops = [
                {x: old and strip(old, x, y) for x, old in line.items()} if y in written else line
                for y, line in enumerate(update.chops)
            ]
            return ChopsUpdate(chops, update.spans, update.chop_ends)
        return update


class Painted(CompositorUpdate):
    """An update of the screen that a painter has the last word in."""

    def __init__(self, painter: Painter[P], update: CompositorUpdate) -> None:
        self._painter = painter
        self._update = update

    def render_segments(self, console: Console) -> str:
        """What is written. Only now: an update may also be dropped."""
        return self._painter.frame(self._update, console)


@dataclass(frozen=True)
class Sent(Picture):
    """An image as kitty is sent it."""

    payload: str = ""


class Kitty(Painter[Sent]):
    """Pictures by placeholders. The terminal keeps an image as long as it is on show."""

    def __init__(self) -> None:
        super().__init__()
        self._free = deque(kitty.NUMBERS)
        self._numbers: dict[int, int] = {}  # by key

    def side(self, columns: int, rows: int, cell: Cell) -> int:
        """As many pixels as the terminal has there, within reason; it scales."""
        return min(columns * min(cell[0], FINEST[0]), rows * min(cell[1], FINEST[1]))

    def prepare(self, pixels: Pixels, columns: int, rows: int, cell: Cell) -> Sent:
        """As PNG."""
        return Sent(columns, rows, payload=kitty.payload(pixels))

    def farewell(self) -> str:
        """Frees every image."""
        super().farewell()
        return "".join(map(kitty.delete, self._numbers.values()))

    def again(self) -> None:
        """Send every image anew."""
        for _, picture in self._shown.values():
            self._send(picture)

    def _enter(self, picture: Sent) -> bool:
        if not self._free:
            return False  # it stays in half blocks
        self._numbers[picture.key] = self._free.popleft()
        self._send(picture)
        return True

    def _send(self, picture: Sent) -> None:
        number = self._numbers[picture.key]
        self._before.append(kitty.send(number, picture.payload, picture.columns, picture.rows))

    def _leave(self, picture: Sent) -> None:
        number = self._numbers.pop(picture.key)
        self._free.append(number)
        self._before.append(kitty.delete(number))

    def _drawn(self, update: CompositorUpdate, console: Console) -> str:
        def cell(x: int, y: int, mark: Mark) -> Segment:
            key, row, column = mark
            style = _coloured(self._numbers[key], self._ground(key))
            return Segment(kitty.cell(row, column), style)

        return self._replaced(update, cell).render_segments(console)


@lru_cache(maxsize=1024)
def _coloured(number: int, ground: Color | None) -> Style:
    return Style(color=Color.from_ansi(number), bgcolor=ground)


@dataclass(frozen=True)
class Striped(Picture):
    """An image in few colours, and its sixels by the part of it (row, column, rows, columns)."""

    image: sixel.Indexed | None = None
    cell: Cell = (0, 0)
    made: dict[tuple[int, int, int, int], str] = field(default_factory=dict)


class Sixel(Painter[Striped]):
    """Pictures drawn over the text, as often as the text beneath is written."""

    def side(self, columns: int, rows: int, cell: Cell) -> int:
        """As many pixels as the terminal has there."""
        return min(columns * cell[0], rows * cell[1])

    def prepare(self, pixels: Pixels, columns: int, rows: int, cell: Cell) -> Striped:
        """In few colours, the whole picture encoded."""
        image = sixel.indexed(pixels, rows * cell[1], columns * cell[0])
        picture = Striped(columns, rows, image=image, cell=cell)
        for part in _pieces(picture, 0, 0, rows, columns):
            _encoded(picture, part)
        return picture

    def _drawn(self, update: CompositorUpdate, console: Console) -> str:
        rewritten = _Rewritten(update)

        def cell(x: int, y: int, mark: Mark) -> Segment | None:
            if y == rewritten.last:  # sixels on the last line scroll the screen
                return None
            if rewritten.holds(x, y):
                rewritten.cells.append((y, x, mark))
            return Segment(" ", _coloured_ground(self._ground(mark[0])))

        text = self._replaced(update, cell).render_segments(console)
        return text + "".join(map(self._at, _rectangles(rewritten.cells)))

    def _at(self, rectangle: tuple[int, int, Mark, int, int]) -> str:
        y, x, (key, row, column), rows, columns = rectangle
        picture = self._shown[key][1]
        sequences = []
        for part in _pieces(picture, row, column, rows, columns):
            top, left = y + part[0] - row, x + part[1] - column
            sequences.append(f"\x1b[{top + 1};{left + 1}H{_encoded(picture, part)}")
        return "".join(sequences)


@lru_cache(maxsize=64)
def _coloured_ground(ground: Color | None) -> Style:
    return Style(bgcolor=ground)


class _Rewritten:
    """Which cells of the screen an update writes, and the marked ones among them."""

    def __init__(self, update: CompositorUpdate) -> None:
        self.cells: list[tuple[int, int, Mark]] = []
        self.last = -1
        self._spans: dict[int, list[tuple[int, int]]] | None = None  # None: all
        if isinstance(update, LayoutUpdate):
            self.last = update.region.bottom - 1
        elif isinstance(update, ChopsUpdate):
            self.last = len(update.chops) - 1
            self._spans = {}
            for y, start, end in update.spans:
                self._spans.setdefault(y, []).append((start, end))

    def holds(self, x: int, y: int) -> bool:
        if self._spans is None:
            return True
        return any(start <= x < end for start, end in self._spans.get(y, ()))


def _rectangles(
    cells: Sequence[tuple[int, int, Mark]],
) -> list[tuple[int, int, Mark, int, int]]:
    """Cells (y, x, mark), line by line, as few rectangles (y, x, first mark, rows, columns)."""
    runs: list[tuple[int, int, Mark, int]] = []
    for y, x, mark in cells:
        if runs:
            top, left, (key, row, column), wide = runs[-1]
            if (top, left + wide, (key, row, column + wide)) == (y, x, mark):
                runs[-1] = (top, left, (key, row, column), wide + 1)
                continue
        runs.append((y, x, mark, 1))
    grown: dict[tuple[int, int, Mark, int], int] = {}  # by their next run
    found: dict[int, tuple[int, int, Mark, int, int]] = {}
    for y, x, mark, wide in runs:
        place = grown.pop((y, x, mark, wide), len(found))
        top, left, first, high, _ = found.get(place, (y, x, mark, 0, wide))
        found[place] = (top, left, first, high + 1, wide)
        key, row, column = mark
        grown[(y + 1, x, (key, row + 1, column), wide)] = place
    return list(found.values())


def _pieces(
    picture: Striped, row: int, column: int, rows: int, columns: int
) -> list[tuple[int, int, int, int]]:
    """A part of a picture as parts that a terminal takes whole."""
    high, wide = (max(1, LARGEST // pixels) for pixels in reversed(picture.cell))
    return [
        (top, left, min(high, row + rows - top), min(wide, column + columns - left))
        for top in range(row, row + rows, high)
        for left in range(column, column + columns, wide)
    ]


def _encoded(picture: Striped, part: tuple[int, int, int, int]) -> str:
    known = picture.made.get(part)
    if known is None and picture.image is not None:
        top, left, rows, columns = part
        wide, high = picture.cell
        across = slice(left * wide, (left + columns) * wide)
        down = slice(top * high, (top + rows) * high)
        known = picture.made[part] = sixel.encode(picture.image, (down, across))
    return known or ""
