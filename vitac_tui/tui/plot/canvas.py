"""Draw curves into character cells: braille dots, or ASCII characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from vitac_tui.tui.plot.axes import Scale

# Bits of the dots within a braille cell, by row and column (Unicode 16, section 21.1).
BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
BLANK = 0x2800
SPOT = "●"  # for single points, since one braille dot is easily overlooked
PLAIN = "*+ox#@%&"  # one character per curve, for terminals without Unicode
PLAIN_BAR = "|"
FAINT = -1  # not a palette number: dimmed text
DASH = 3  # cells of a dash, and of the gap after it


@dataclass(frozen=True)
class Curve:
    """Points to draw, in the order of x.

    Attributes:
        name: for the legend.
        colour: index of its colour in the widget's palette.
        joined: whether neighbours are joined by a line.
        dashed: whether that line has gaps.
        spot: character drawn at every point. If empty, only a point without a line is marked.
        spot_gap: least number of cells between two spots; closer ones are left out.
        plain: character to draw it with in ASCII mode; `rows` sets one.
        bars: vertical intervals, each as x, low and high.
    """

    name: str
    points: Sequence[tuple[float, float]]
    colour: int = 0
    joined: bool = True
    dashed: bool = False
    spot: str = ""
    spot_gap: int = 0
    plain: str = ""
    bars: Sequence[tuple[float, float, float]] = ()


@dataclass(frozen=True)
class Cell:
    """A character and the index of its colour."""

    text: str
    colour: int


EMPTY = Cell(" ", FAINT)


def draw(
    curves: Sequence[Curve], width: int, height: int, x: Scale, y: Scale, *, ascii: bool = False
) -> list[list[Cell]]:
    """Draw curves into `height` rows of `width` cells, and return the rows from the top.

    A cell has one colour. Where curves cross, it is that of the later curve.
    """
    across, down = (1, 1) if ascii else (2, 4)
    grid = _Grid(width, height, across, down)
    _draw_bars(grid, [curve for curve in curves if curve.bars], x, y)

    def placed(points: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
        return [
            place
            for point in thinned(points, 2 * width * across)
            if (place := grid.place(x.share(point[0]), y.share(point[1]))) is not None
        ]

    for curve in curves:
        places = placed([point for point in curve.points if x.low <= point[0] <= x.high])
        joined = placed(cropped(curve, x)) if curve.joined else []
        for start, end in pairwise(joined):
            grid.line(start, end, curve.colour, curve.plain, dashed=curve.dashed)
        if len(joined) < 2 or curve.spot:
            for place in _apart(places, curve.spot_gap * across):
                grid.spot(*place, curve.colour, curve.plain if ascii else curve.spot or SPOT)
    return grid.cells(ascii=ascii)


def _apart(places: Sequence[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Leave out places that are closer than `gap` to the one before."""
    kept: list[tuple[int, int]] = []
    for place in places:
        if not kept or abs(place[0] - kept[-1][0]) >= gap:
            kept.append(place)
    return kept


def cropped(curve: Curve, x: Scale) -> list[tuple[float, float]]:
    """Return the part of a curve on the x axis; a line includes its ends at the edges."""
    points, low, high = curve.points, x.low, x.high
    part = [point for point in points if low <= point[0] <= high]
    if not curve.joined:
        return part
    first = next((i for i, point in enumerate(points) if point[0] >= low), 0)
    last = next((i for i, point in enumerate(points) if point[0] > high), 0)
    if first and points[first][0] > low:
        part.insert(0, _between(points[first - 1], points[first], low))
    if last and points[last - 1][0] < high:
        part.append(_between(points[last - 1], points[last], high))
    return part


def _between(
    one: tuple[float, float], other: tuple[float, float], at: float
) -> tuple[float, float]:
    share = (at - one[0]) / (other[0] - one[0])
    return at, one[1] + share * (other[1] - one[1])


def _draw_bars(grid: _Grid, curves: Sequence[Curve], x: Scale, y: Scale) -> None:
    """Draw intervals below all lines; several curves' intervals at one x are drawn side by side."""
    for number, curve in enumerate(curves):
        for at, low, high in curve.bars:
            start = grid.place(x.share(at), y.share(low))
            end = grid.place(x.share(at), y.share(high))
            if start is not None and end is not None:
                (column, bottom), (_, top) = start, end
                column += number
                grid.line((column, bottom), (column, top), curve.colour, PLAIN_BAR)


def thinned(points: Sequence[tuple[float, float]], most: int) -> Sequence[tuple[float, float]]:
    """Return at most `most` points: the lowest and highest of each stretch, to keep peaks."""
    if len(points) <= most or most < 2:
        return points
    stretch = -(-len(points) // (most // 2))
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), stretch):
        part = points[start : start + stretch]
        low = min(range(len(part)), key=lambda i: part[i][1])
        high = max(range(len(part)), key=lambda i: part[i][1])
        kept += [part[i] for i in sorted({low, high})]
    return kept


class _Grid:
    """Dots and colours of a drawing. Dot (0, 0) is at the top left."""

    def __init__(self, width: int, height: int, across: int, down: int) -> None:
        self._width, self._height = width, height
        self._across, self._down = across, down
        self._bits = [[0] * width for _ in range(height)]
        self._marks = [[" "] * width for _ in range(height)]
        self._spots = [[""] * width for _ in range(height)]
        self._colours: list[list[int | None]] = [[None] * width for _ in range(height)]

    def place(self, x: float | None, y: float | None) -> tuple[int, int] | None:
        """Return the dot at two positions on the scales; None if one cannot be shown.

        A position outside [0, 1] gives a dot beyond the edge, so that lines leave the plot at the
        right angle. It is limited to [-1, 2], to keep lines short.
        """
        if x is None or y is None:
            return None
        columns, rows = self._width * self._across, self._height * self._down
        near_x, near_y = min(max(x, -1.0), 2.0), min(max(y, -1.0), 2.0)
        return round(near_x * (columns - 1)), round((1 - near_y) * (rows - 1))

    def dot(self, column: int, row: int, colour: int, mark: str) -> None:
        """Set one dot, unless it is outside the plot."""
        x, y = column // self._across, row // self._down
        if not (0 <= x < self._width and 0 <= y < self._height):
            return
        self._bits[y][x] |= BRAILLE[row % self._down][column % self._across]
        self._marks[y][x] = mark
        self._colours[y][x] = colour

    def spot(self, column: int, row: int, colour: int, mark: str) -> None:
        """Fill the cell of a dot with a character, unless it is outside the plot."""
        x, y = column // self._across, row // self._down
        if 0 <= x < self._width and 0 <= y < self._height:
            self._spots[y][x] = mark
            self._colours[y][x] = colour

    def line(
        self,
        start: tuple[int, int],
        end: tuple[int, int],
        colour: int,
        mark: str,
        *,
        dashed: bool = False,
    ) -> None:
        """Join two dots with a line (digital differential analyser)."""
        (x0, y0), (x1, y1) = start, end
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(steps + 1):
            column = x0 + round((x1 - x0) * step / steps)
            row = y0 + round((y1 - y0) * step / steps)
            if not dashed or column // self._across // DASH % 2 == 0:
                self.dot(column, row, colour, mark)

    def cells(self, *, ascii: bool) -> list[list[Cell]]:
        """Return the rows of cells."""
        return [
            [
                EMPTY
                if colour is None
                else Cell(spot or (mark if ascii else chr(BLANK | bits)), colour)
                for spot, bits, mark, colour in zip(*row, strict=True)
            ]
            for row in zip(self._spots, self._bits, self._marks, self._colours, strict=True)
        ]
