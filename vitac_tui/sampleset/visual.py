"""Visual tiles: the same cloth, photographed by hand with one soft light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vitac_tui.sampleset.cloth import PHOTO, TILE_OF_PHOTO, Pose, cloth, pose, relief, stream
from vitac_tui.sampleset.fields import TILE, Field, blur, noise, slopes, tile_grid, to_image
from vitac_tui.sampleset.spec import SampleSpec
from vitac_tui.sampleset.structures import TAU
from vitac_tui.sampleset.tactile import WORK_SIDE

#: Tiles are cut from a photo row by row, with a gap so that they share no edge.
TILES_IN_ROW = 8
TILE_STEP = TILE + 16.0

_RELIEF = 4.0
#: Factor of shading per channel: light through the cloth reddens the shadows between yarns.
_SHADE = (0.9, 1.12, 1.12)


@dataclass(frozen=True)
class Photo:
    """What the tiles of a photo have in common."""

    lies: Pose
    light: tuple[float, float]
    """Horizontal direction toward the light, and its strength, as one vector."""
    white: Field
    """White balance and exposure, RGB factors."""
    focus: float
    """Defocus at the corner of the photo, in tile units."""
    focus_slope: tuple[float, float]
    """Change of defocus per tile, across and down."""
    falloff: tuple[float, float]
    """Change of brightness per tile, across and down."""
    fringe: tuple[float, float]
    """Lateral chromatic aberration in tile units."""


@lru_cache(maxsize=4)
def photo(class_index: int, photo_index: int, spec: SampleSpec) -> Photo:
    """Draw a photo: position of the cloth, light, white balance and plane of focus."""
    rng = stream(spec.seed, PHOTO, class_index, photo_index)
    lies = pose(rng)
    heading = rng.uniform(0.0, TAU)
    strength = rng.uniform(0.55, 0.8)
    white = np.exp(rng.normal(0.0, 0.016, 3) + rng.normal(0.0, 0.024))
    return Photo(
        lies=lies,
        light=(strength * math.cos(heading), strength * math.sin(heading)),
        white=white.astype(np.float32),
        focus=rng.uniform(0.6, 2.0),
        focus_slope=(rng.normal(0.0, 0.15), rng.normal(0.0, 0.3)),
        falloff=(rng.normal(0.0, 0.008), rng.normal(0.0, 0.008)),
        fringe=(rng.normal(0.0, 1.1), rng.normal(0.0, 1.1)),
    )


def _shift(plane: Field, dx: float, dy: float) -> Field:
    """Move a plane by a fraction of a pixel, to first order; edges are kept."""
    moved = plane.copy()
    moved[:, 1:-1] -= (0.5 * dx) * (plane[:, 2:] - plane[:, :-2])
    moved[1:-1] -= (0.5 * dy) * (plane[2:] - plane[:-2])
    return moved


def render_visual(
    class_index: int, photo_index: int, tile_index: int, spec: SampleSpec
) -> npt.NDArray[np.uint8]:
    """Render one tile of a photo, uint8 RGB of shape (size, size, 3).

    It depends only on its arguments; all indices count from 0. Tiles of one photo have the same
    light, colours and position, and show parts of the cloth that do not overlap.
    """
    side = max(WORK_SIDE, spec.size)
    to_pixels = side / TILE
    made = cloth(spec.seed, class_index)
    shared = photo(class_index, photo_index, spec)
    row, column = divmod(tile_index, TILES_IN_ROW)
    rng = stream(spec.seed, TILE_OF_PHOTO, class_index, photo_index, tile_index)
    corner = (TILE_STEP * column, TILE_STEP * row)
    height, tone = relief(made, shared.lies, rng, side, corner)
    height = blur(height, 0.9 * to_pixels)

    slope_x, slope_y = slopes(height)
    slope_x *= -_RELIEF
    slope_y *= -_RELIEF
    upright = 1.0 / np.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    diffuse = (1.0 + shared.light[0] * slope_x + shared.light[1] * slope_y) * upright
    near, far = (blur(height, k * made.pitch * to_pixels) for k in (0.4, 1.6))
    open_sky = np.clip(2.0 * height - near - far, -0.6, 0.6)
    deep = np.clip(0.45 - height, 0.0, 0.45)
    light = 0.76 + 0.22 * diffuse + 0.12 * open_sky - 0.40 * deep
    light += 0.012 * noise(rng, side, 30.0) + 0.02 * noise(rng, side, 2.5)

    x, y = tile_grid(side)
    light += (shared.falloff[0] / TILE) * x + (shared.falloff[1] / TILE) * y

    defocus = shared.focus + shared.focus_slope[0] * column / 4 + shared.focus_slope[1] * row
    defocus = float(np.clip(defocus, 0.6, 2.2)) * to_pixels
    planes = []
    for channel in range(3):
        first, second = (float(colour[channel]) for colour in made.colours)
        plane = (second + (first - second) * tone) * (1.0 + _SHADE[channel] * (light - 1.0))
        plane *= float(shared.white[channel])
        plane = blur(plane, defocus)
        move = (channel - 1) * to_pixels
        if channel != 1:
            plane = _shift(plane, shared.fringe[0] * move, shared.fringe[1] * move)
        planes.append(plane)
    return to_image((planes[0], planes[1], planes[2]), spec.size, rng, 0.008)
