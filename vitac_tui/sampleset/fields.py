"""Smooth fields on a square grid: coordinates, Gaussian blur, noise, resampling.

A field is an array of shape (side, side). Everything is float32 and single-threaded element-wise
work, so the same input gives the same bytes in every process. A threaded BLAS or FFT does not
guarantee that.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

#: Always float32; numpy's type stubs widen results of operations with Python numbers.
Field = npt.NDArray[np.floating[Any]]
Indices = npt.NDArray[np.int64]

#: Lengths are in tile units: a tile is 256 units wide, as a real ViTac tile is 256 pixels wide.
TILE = 256.0


def tile_grid(side: int) -> tuple[Field, Field]:
    """Return pixel centres in tile units: x of shape (1, side) and y of shape (side, 1)."""
    centres = ((np.arange(side, dtype=np.float32) + 0.5) * (TILE / side)).astype(np.float32)
    return centres[None, :], centres[:, None]


@lru_cache(maxsize=64)
def _taps(sigma: float) -> tuple[float, ...]:
    radius = max(1, int(3.0 * sigma + 0.5))
    weights = np.exp(-0.5 * (np.arange(radius + 1) / sigma) ** 2)
    weights /= weights[0] + 2.0 * weights[1:].sum()
    return tuple(float(weight) for weight in weights)


def _blur_rows(field: Field, taps: tuple[float, ...]) -> Field:
    radius = len(taps) - 1
    rows = field.shape[0]
    padded = np.concatenate(
        [np.repeat(field[:1], radius, 0), field, np.repeat(field[-1:], radius, 0)]
    )
    out = padded[radius : radius + rows] * taps[0]
    for offset in range(1, radius + 1):
        pair = padded[radius - offset : radius - offset + rows]
        pair = pair + padded[radius + offset : radius + offset + rows]
        pair *= taps[offset]
        out += pair
    return out


def blur(field: Field, sigma: float) -> Field:
    """Blur a (side, side) field with a Gaussian; sigma in pixels, edges repeated."""
    if sigma < 0.25:
        return field
    side = field.shape[0]
    if sigma > 3.2:
        # A wide blur needs no full resolution.
        small = max(8, round(side * 1.6 / sigma))
        return resize(blur(resize(field, small), sigma * small / side), side)
    taps = _taps(round(sigma, 3))
    rows_done = np.ascontiguousarray(_blur_rows(field, taps).T)
    return np.ascontiguousarray(_blur_rows(rows_done, taps).T)


def resize(field: Field, side: int) -> Field:
    """Resample a square field to (side, side): area average down, bicubic up."""
    if field.shape[0] == side:
        return field
    method = Image.Resampling.BOX if side < field.shape[0] else Image.Resampling.BICUBIC
    image = Image.fromarray(np.ascontiguousarray(field, dtype=np.float32))
    return np.asarray(image.resize((side, side), method), dtype=np.float32)


def noise(rng: np.random.Generator, side: int, length: float) -> Field:
    """Return smooth noise of about unit deviation, with features `length` tile units wide.

    The lattice does not depend on `side`, so a set rendered at another size shows the same cloth.
    """
    nodes = max(3, round(TILE / length) + 1)
    lattice = rng.standard_normal((nodes, nodes), dtype=np.float32)
    return resize(lattice, side) * 1.25


def slopes(field: Field) -> tuple[Field, Field]:
    """Return the central differences (d/dx, d/dy) of a (side, side) field per tile unit."""
    side = field.shape[0]
    scale = side / TILE
    along_x = np.empty_like(field)
    along_y = np.empty_like(field)
    np.subtract(field[:, 2:], field[:, :-2], out=along_x[:, 1:-1])
    np.subtract(field[2:], field[:-2], out=along_y[1:-1])
    along_x[:, 0], along_x[:, -1] = along_x[:, 1], along_x[:, -2]
    along_y[0], along_y[-1] = along_y[1], along_y[-2]
    along_x *= 0.5 * scale
    along_y *= 0.5 * scale
    return along_x, along_y


def to_image(
    planes: tuple[Field, Field, Field], size: int, rng: np.random.Generator, sigma: float
) -> npt.NDArray[np.uint8]:
    """Reduce three [0, 1] planes to size x size, add sensor noise, return uint8 (size, size, 3)."""
    grain = rng.standard_normal((size, size, 3), dtype=np.float32)
    grain *= sigma
    for channel, plane in enumerate(planes):
        grain[:, :, channel] += resize(plane, size)
    grain *= 255.0
    grain += 0.5
    return np.clip(grain, 0.0, 255.0).astype(np.uint8)
