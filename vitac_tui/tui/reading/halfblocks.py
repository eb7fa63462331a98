"""Images as character cells: an upper half block shows two pixels, one above the other.

The image is decoded as for training and made square by the dataset's `fit`, so it shows what the
network will see. A cell is about twice as high as wide, so pixels are square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vitac_tui.data.source import CorruptImage
from vitac_tui.errors import one_line
from vitac_tui.images.images import Decode, Pixels

Colour = tuple[int, int, int]

UPPER = "▀"
RAMP = " .:-=+*#%@"  # from dark to bright, for terminals without Unicode


@dataclass(frozen=True, slots=True)
class Cell:
    """A character with its foreground and background; None is the terminal's own colour."""

    text: str
    ink: Colour | None = None
    ground: Colour | None = None


Rows = tuple[tuple[Cell, ...], ...]

EMPTY = Cell(" ")


@dataclass(frozen=True)
class Drawn:
    """The cells of an image, and why it could not be drawn ("" if it could)."""

    rows: Rows
    trouble: str = ""


def draw(decode: Decode, width: int, height: int, *, zoom: int = 1, ascii: bool = False) -> Drawn:
    """Draw an image centred in exactly `height` rows of `width` cells.

    Args:
        decode: returns the image. If it fails, a cross and the reason are drawn.
        width: columns.
        height: rows.
        zoom: 1 shows the whole image, 2 the middle half of its width and height, and so on.
        ascii: draw each cell as a character of a grey ramp instead of colours.
    """
    side = min(width, 2 * height)
    if side < 1:
        return Drawn(((EMPTY,) * max(0, width),) * max(0, height))
    try:
        pixels = middle(decode, side, zoom)
    except CorruptImage as problem:
        reason = one_line(problem.reason)
        return Drawn(cross(width, height, reason), reason)
    return Drawn(_centred(grey_cells(pixels) if ascii else cells(pixels), width, height))


def middle(decode: Decode, side: int, zoom: int) -> Pixels:
    """Decode the middle of an image to uint8 [side, side, 3]; `zoom` as in `draw`.

    Raises:
        CorruptImage: the image cannot be decoded.
    """
    pixels = decode(side * zoom)
    start = (side * zoom - side) // 2
    return pixels[start : start + side, start : start + side]


def cells(pixels: Pixels) -> Rows:
    """Convert uint8 [height, width, 3] to half blocks; an odd last row fills only upper halves."""
    upper, lower = pixels[::2].tolist(), pixels[1::2].tolist()
    rows = [
        tuple(Cell(UPPER, tuple(ink), tuple(ground)) for ink, ground in zip(*pair, strict=True))
        for pair in zip(upper, lower, strict=False)
    ]
    if len(upper) > len(lower):
        rows.append(tuple(Cell(UPPER, tuple(ink)) for ink in upper[-1]))
    return tuple(rows)


def grey_cells(pixels: Pixels) -> Rows:
    """Convert pixels to grey-ramp characters, one for the mean luminance (BT.601) of two pixels."""
    luminance = pixels @ np.array([0.299, 0.587, 0.114])
    if len(luminance) % 2:
        luminance = np.concatenate([luminance, luminance[-1:]])
    means = (luminance[::2] + luminance[1::2]) / 2
    steps = np.minimum(means * len(RAMP) / 256, len(RAMP) - 1).astype(int)
    return tuple(tuple(Cell(RAMP[step]) for step in row) for row in steps.tolist())


def cross(width: int, height: int, reason: str) -> Rows:
    """Draw a cross from corner to corner with the reason in its middle."""
    lines = [[" "] * width for _ in range(height)]
    for y in range(height):
        x = round(y * (width - 1) / max(1, height - 1))
        lines[y][x] = "\\"
        lines[y][width - 1 - x] = "/"
    text = reason[:width]
    start = (width - len(text)) // 2
    lines[height // 2][start : start + len(text)] = text
    return tuple(tuple(Cell(character) for character in line) for line in lines)


def _centred(rows: Rows, width: int, height: int) -> Rows:
    left = (width - len(rows[0])) // 2
    right = width - len(rows[0]) - left
    wide = [(EMPTY,) * left + row + (EMPTY,) * right for row in rows]
    above = (height - len(wide)) // 2
    blank = (EMPTY,) * width
    return (blank,) * above + tuple(wide) + (blank,) * (height - len(wide) - above)
