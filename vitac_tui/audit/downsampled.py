"""Downsampled versions of decoded images, which the comparisons work on.

A block of images becomes three arrays with one row per image: the high-passed grey image
(`high_pass`: structure without lighting), the colours on a coarse grid (`coarse`), and the mean
colour (`colour`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitac_tui.images.images import Pixels
from vitac_tui.images.mapped import Rows, reading_ahead

Floats = npt.NDArray[np.float32]

#: Side of the grey image in pixels; smaller images are not enlarged.
SIDE = 32
#: Standard deviation of the blur, in pixels of the grey image.
BLUR = 1.5
#: Side of the colour grid.
COARSE = 16
#: An image whose high-passed version has a smaller standard deviation, in grey levels, is flat.
FLAT = 0.5

_AREA = Image.Resampling.BOX
_BLOCK_BYTES = 2**24
_BLOCK_IMAGES = 512


@dataclass(frozen=True)
class Downsampled:
    """A block of downsampled images, one row per image; see the module."""

    high_pass: Floats
    coarse: Floats
    colour: Floats


def blocks(pixels: Pixels, rows: Rows) -> Iterator[tuple[Rows, Pixels]]:
    """Yield the rows and their images in blocks of limited memory, whatever the image size."""
    step = max(1, min(_BLOCK_IMAGES, _BLOCK_BYTES // max(1, pixels[:1].nbytes)))
    each = (rows[start : start + step] for start in range(0, len(rows), step))
    for block in reading_ahead(pixels, each, lambda block: block):
        yield block, pixels[block]


def downsample(pixels: Pixels) -> Downsampled:
    """Downsample a block of images.

    Args:
        pixels: uint8 [n, size, size, 3].
    """
    side = min(SIDE, pixels.shape[1])
    small = [Image.fromarray(image).resize((side, side), _AREA) for image in pixels]
    coarse = [image.resize((min(COARSE, side),) * 2, _AREA) for image in small]
    colours = _stacked(small)
    grey = colours.mean(-1)
    blur = _gaussian(side, BLUR * side / SIDE)
    high_pass = grey - blur @ grey @ blur.T
    return Downsampled(
        high_pass.reshape(len(pixels), -1),
        _stacked(coarse).reshape(len(pixels), -1),
        colours.mean((1, 2)),
    )


def unit_length(high_pass: Floats) -> Floats:
    """Scale rows to length one, so that their products are correlations; flat images become 0."""
    length = np.linalg.norm(high_pass, axis=1, keepdims=True)
    seen = length > FLAT * high_pass.shape[1] ** 0.5
    return np.where(seen, high_pass / np.maximum(length, 1e-6), 0).astype(np.float32)


def _stacked(images: Sequence[Image.Image]) -> Floats:
    return np.stack([np.asarray(image) for image in images]).astype(np.float32)


@lru_cache(maxsize=8)
def _gaussian(side: int, sigma: float) -> Floats:
    """Return a blur matrix [side, side]; at the edges it averages only over existing pixels."""
    place = np.arange(side)
    weights = np.exp(-0.5 * ((place[:, None] - place) / sigma) ** 2)
    blur: Floats = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    return blur
