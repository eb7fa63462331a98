"""Pictures by sixels: drawn over blank text, and again when that text is written anew.

What shows a picture already is not touched: a widget is refreshed for every change of focus, and
a page of sixels takes some hundred kilobytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from vitac_tui.images.images import Pixels
from vitac_tui.tui.terminal.graphics import sixel
from vitac_tui.tui.terminal.graphics.choice import Cell
from vitac_tui.tui.terminal.graphics.painter import Mark, Painter, PixelImage, Run
from vitac_tui.tui.terminal.textual_private import ChopsUpdate, LayoutUpdate

#: xterm cuts sixels off at 1000 pixels, so that larger pictures are drawn in pieces.
LARGEST = 960

Part = tuple[int, int, int, int]  # of a picture: row, column, rows, columns


@dataclass(frozen=True)
class Striped(PixelImage):
    """An image in few colours, and the sixels of its parts as they were wanted."""

    image: sixel.Indexed = field(kw_only=True)
    cell: Cell = field(kw_only=True)
    made: dict[Part, str] = field(default_factory=dict)

    def pieces(self, part: Part) -> list[Part]:
        """A part as parts that a terminal takes whole."""
        row, column, rows, columns = part
        wide, high = (max(1, LARGEST // pixels) for pixels in self.cell)
        return [
            (top, left, min(high, row + rows - top), min(wide, column + columns - left))
            for top in range(row, row + rows, high)
            for left in range(column, column + columns, wide)
        ]

    def encoded(self, piece: Part) -> str:
        """The sixels of a piece."""
        if piece not in self.made:
            row, column, rows, columns = piece
            wide, high = self.cell
            down = slice(row * high, (row + rows) * high)
            across = slice(column * wide, (column + columns) * wide)
            self.made[piece] = sixel.encode(self.image, (down, across))
        return self.made[piece]


@dataclass(frozen=True)
class _Rectangle:
    """Cells that show a part of a picture: the corner on the screen, its mark, and the size."""

    x: int
    y: int
    mark: Mark
    columns: int
    rows: int = 1

    def below(self) -> tuple[int, int, Mark, int]:
        """What a run of cells in the next line must be to belong to it."""
        key, row, column = self.mark
        return self.x, self.y + self.rows, (key, row + self.rows, column), self.columns


class Sixel(Painter[Striped]):
    """Knows which cells of the screen show which part of a picture."""

    def __init__(self) -> None:
        super().__init__()
        self._there: dict[int, dict[int, Mark]] = {}  # by line and column
        self._fresh: list[_Rectangle] = []  # runs of the frame at hand that are yet to be drawn
        self._last = 0  # the screen's last line

    def side(self, columns: int, rows: int, cell: Cell) -> int:
        """As many pixels as the terminal has there."""
        return min(columns * cell[0], rows * cell[1])

    def prepare(self, pixels: Pixels, columns: int, rows: int, cell: Cell) -> Striped:
        """In few colours, the whole picture encoded."""
        image = sixel.indexed(pixels, rows * cell[1], columns * cell[0])
        picture = Striped(columns, rows, image=image, cell=cell)
        for piece in picture.pieces((0, 0, rows, columns)):
            picture.encoded(piece)
        return picture

    def again(self) -> None:
        """Nothing is there any more."""
        self._there.clear()

    def frame(self, update: LayoutUpdate | ChopsUpdate, console: Console) -> str:
        """What to write to the terminal for an update."""
        self._last = _lines(update) - 1
        return super().frame(update, console)

    def _drawn(self, x: int, y: int, run: Run, console: Console) -> str:
        if y == self._last:  # sixels there would scroll the screen
            self._overwritten(x, y, run.length)
            return run.strip.render(console)
        key, row, column = run.mark
        line = self._there.setdefault(y, {})
        blank = Style(bgcolor=self._ground(run))
        parts: list[str] = []
        for kept, start, end in _stretches(line, x, run):
            length = end - start
            if kept:
                parts.append(f"\x1b[{length}C")
                continue
            parts.append(Strip([Segment(" " * length, blank)]).render(console))
            first = (key, row, column + start)
            self._fresh.append(_Rectangle(x + start, y, first, length))
            line.update({x + place: (key, row, column + place) for place in range(start, end)})
        return "".join(parts)

    def _overwritten(self, x: int, y: int, length: int) -> None:
        line = self._there.get(y)
        if line:
            for column in range(x, x + length):
                line.pop(column, None)

    def _after(self) -> str:
        fresh, self._fresh = self._fresh, []
        return "".join(map(self._sixels, _merged(fresh)))

    def _sixels(self, rectangle: _Rectangle) -> str:
        key, row, column = rectangle.mark
        picture = self._shown[key][1]
        sequences = []
        for piece in picture.pieces((row, column, rectangle.rows, rectangle.columns)):
            y, x = rectangle.y + piece[0] - row, rectangle.x + piece[1] - column
            sequences.append(f"\x1b[{y + 1};{x + 1}H{picture.encoded(piece)}")
        return "".join(sequences)


def _lines(update: LayoutUpdate | ChopsUpdate) -> int:
    return update.region.bottom if isinstance(update, LayoutUpdate) else len(update.chops)


def _stretches(line: dict[int, Mark], x: int, run: Run) -> list[tuple[bool, int, int]]:
    """A run in stretches (start, end) of cells that are there already, and that are not."""
    key, row, column = run.mark
    found: list[tuple[bool, int, int]] = []
    for place in range(run.length):
        kept = line.get(x + place) == (key, row, column + place)
        if found and found[-1][0] == kept:
            found[-1] = (kept, found[-1][1], place + 1)
        else:
            found.append((kept, place, place + 1))
    return found


def _merged(runs: Sequence[_Rectangle]) -> list[_Rectangle]:
    """Runs, line by line, as few rectangles."""
    found: dict[tuple[int, int, Mark, int], _Rectangle] = {}  # by what would go on with them
    for run in runs:
        above = found.pop((run.x, run.y, run.mark, run.columns), None)
        if above is None:
            grown = run
        else:
            grown = _Rectangle(above.x, above.y, above.mark, above.columns, above.rows + 1)
        found[grown.below()] = grown
    return list(found.values())
