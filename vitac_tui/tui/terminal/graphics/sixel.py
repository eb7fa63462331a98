"""Pixels as sixels: six rows at a time, a run of characters for every colour in them.

After the VT330/VT340 Programmer Reference Manual, chapter 14.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vitac_tui.images.images import Pixels

#: With 64 colours a cloth is off by 1 to 4 of 255 levels in the mean, for half the bytes of 256.
COLOURS = 64
CLEAR = 255  # the index of pixels that are left as they are

_WEIGHTS = (1 << np.arange(6, dtype=np.uint8))[:, None]
_LONG = re.compile(rb"(.)\1{3,}")


@dataclass(frozen=True)
class Indexed:
    """An image by colours: index uint8 [height, width], palette uint8 [colours, 3]."""

    index: NDArray[np.uint8]
    palette: NDArray[np.uint8]


def indexed(pixels: Pixels, height: int, width: int) -> Indexed:
    """Reduce uint8 [h, w, 3] to few colours, in the middle of a clear area of that size."""
    image = Image.fromarray(pixels).quantize(COLOURS, dither=Image.Dither.NONE)
    index = np.full((height, width), CLEAR, np.uint8)
    top, left = (height - image.height) // 2, (width - image.width) // 2
    index[top : top + image.height, left : left + image.width] = np.asarray(image)
    return Indexed(index, np.array(image.getpalette(), np.uint8).reshape(-1, 3))


def encode(image: Indexed, area: tuple[slice, slice] = (slice(None), slice(None))) -> str:
    """The escape sequence that draws an area (rows, columns) with its corner at the cursor."""
    index = image.index[area]
    height, width = index.shape
    used = [colour for colour in np.unique(index).tolist() if colour != CLEAR]
    parts = [b'\x1bP0;1;0q"1;1;%d;%d' % (width, height)]  # 1: what is not drawn stays
    for colour in used:
        share = [round(value / 255 * 100) for value in image.palette[colour].tolist()]
        parts.append(b"#%d;2;%d;%d;%d" % (colour, *share))
    for top in range(0, height, 6):
        band = index[top : top + 6]
        rows = [_row(band, colour) for colour in np.unique(band).tolist() if colour != CLEAR]
        parts += [b"$".join(rows), b"-"]
    return b"".join(parts[:-1] if height else parts).decode() + "\x1b\\"


def _row(band: NDArray[np.uint8], colour: int) -> bytes:
    """One colour of a band: a bit for every pixel of it, the top row lowest."""
    bits = ((band == colour) * _WEIGHTS[: len(band)]).sum(axis=0, dtype=np.uint8)
    text = (bits + 63).astype(np.uint8).tobytes().rstrip(b"?")
    return b"#%d" % colour + _LONG.sub(lambda run: b"!%d%c" % (len(run[0]), run[0][0]), text)
