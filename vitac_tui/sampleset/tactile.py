"""Tactile frames: cloth pressed into a gel under three coloured side lights, as in a GelSight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vitac_tui.sampleset.cloth import FRAME, PRESS, cloth, pose, relief, stream
from vitac_tui.sampleset.fields import (
    TILE,
    Field,
    blur,
    noise,
    slopes,
    tile_grid,
    to_image,
)
from vitac_tui.sampleset.spec import SampleSpec

#: Gel and light are computed with at least this many pixels per side, then reduced.
WORK_SIDE = 192

_GROUND = (0.468, 0.428, 0.450)
_ELEVATION = 0.34
#: Direction of each light (unit vector toward it, y down) and its colour, RGB.
_LIGHTS: tuple[tuple[float, float, tuple[float, float, float]], ...] = (
    (0.0, -1.0, (0.80, 0.10, 0.18)),
    (-1.0, 0.0, (0.16, 0.50, 0.24)),
    (1.0, 0.0, (0.20, 0.24, 0.66)),
)
_RELIEF = 7.5
_SPREAD = (9.0, 4.0, 2.0)
_SPREAD_LOSS = 0.82
_NOISE = 0.012
_SHADOW = 0.16


@dataclass(frozen=True)
class Press:
    """What the frames of a press have in common; only their depth differs."""

    height: Field
    reach: Field
    """Depth added by tilt, dome and lumps, in yarn heights (side, side)."""
    deepest: float
    ground: tuple[Field, Field, Field]
    """Colour of the untouched gel, three (side, side) planes."""
    ink: Field
    """Fraction of each pixel that a marker covers (side, side)."""
    gain: float


def _markers(rng: np.random.Generator, side: int) -> Field:
    """Return the coverage of the black squares on the gel: 14 units wide, every 65 to 70."""
    x, y = tile_grid(side)
    spacing = rng.uniform(65.0, 70.0)
    turn = rng.normal(0.0, 0.03)
    start_x, start_y = rng.uniform(-spacing, 0.0, 2)
    cover = np.zeros((side, side), dtype=np.float32)
    pixel = TILE / side
    for row in range(6):
        for column in range(6):
            shift_x, shift_y = rng.normal(0.0, 1.2, 2)
            half = 7.0 + rng.normal(0.0, 0.4)
            bend = rng.normal(0.0, 0.08)
            roundness = 5.0
            fate = rng.uniform()
            hollow = fate > 0.975
            if fate < 0.035:  # a bubble below the marker
                half, roundness = rng.uniform(9.0, 13.0), 2.0
            mid_x = start_x + spacing * (column - turn * row) + shift_x
            mid_y = start_y + spacing * (row + turn * column) + shift_y
            reach = 1.5 * half + 4.0
            left, right = (int(v / pixel) for v in (mid_x - reach, mid_x + reach))
            top, bottom = (int(v / pixel) for v in (mid_y - reach, mid_y + reach))
            columns = slice(max(left, 0), min(right + 1, side))
            rows = slice(max(top, 0), min(bottom + 1, side))
            if columns.start >= columns.stop or rows.start >= rows.stop:
                continue
            dx, dy = x[:, columns] - mid_x, y[rows] - mid_y
            across, down = np.abs(dx + bend * dy), np.abs(dy - bend * dx)
            far = (across**roundness + down**roundness) ** (1.0 / roundness)
            mark = np.clip((half - far) / 3.5 + 0.5, 0.0, 1.0)
            if hollow:  # a worn marker
                mark *= np.clip((far - 0.35 * half) / 4.0, 0.15, 1.0)
            np.maximum(cover[rows, columns], mark, out=cover[rows, columns])
    return cover


def _ground(rng: np.random.Generator, side: int) -> tuple[Field, Field, Field]:
    """Return the colour of the untouched gel: each light is brighter near its edge."""
    x, y = tile_grid(side)
    red = abs(rng.normal(0.0, 0.10)) * np.exp(-y / rng.uniform(60.0, 140.0))
    green = abs(rng.normal(0.0, 0.08)) * np.exp(-x / rng.uniform(60.0, 140.0))
    blue = abs(rng.normal(0.0, 0.08)) * np.exp((x - TILE) / rng.uniform(60.0, 140.0))
    tint = rng.normal(0.0, 0.012, 3) + rng.normal(0.0, 0.014)
    shade = 0.012 * noise(rng, side, 110.0)
    return (
        (_GROUND[0] + tint[0] + shade + red - 0.5 * green - 0.2 * blue).astype(np.float32),
        (_GROUND[1] + tint[1] + shade - 0.25 * red + green * 0.6).astype(np.float32),
        (_GROUND[2] + tint[2] + shade - 0.15 * red - 0.3 * green + blue).astype(np.float32),
    )


@lru_cache(maxsize=2)
def press(class_index: int, press_index: int, spec: SampleSpec) -> Press:
    """Draw one press: patch, pose, tilt, gel tint and markers."""
    side = max(WORK_SIDE, spec.size)
    rng = stream(spec.seed, PRESS, class_index, press_index)
    made = cloth(spec.seed, class_index)
    height, _ = relief(made, pose(rng), rng, side, (0.0, 0.0))
    x, y = tile_grid(side)
    x, y = x / (TILE / 2.0) - 1.0, y / (TILE / 2.0) - 1.0
    tilt_x, tilt_y = rng.normal(0.0, 0.10, 2)
    dome_x, dome_y = rng.uniform(-0.6, 0.6, 2)
    dome = rng.uniform(0.04, 0.16)
    reach = tilt_x * x + tilt_y * y - dome * ((x - dome_x) ** 2 + (y - dome_y) ** 2)
    reach = reach + 0.05 * noise(rng, side, 90.0)
    return Press(
        height=height * made.stiffness,
        reach=reach.astype(np.float32),
        deepest=rng.uniform(0.70, 0.88),
        ground=_ground(rng, side),
        ink=_markers(rng, side),
        gain=rng.uniform(0.85, 1.15),
    )


def _gel(pressed: Field) -> Field:
    """Return the shape of the gel on the cloth: it sags between contacts and rounds edges."""
    to_pixels = pressed.shape[0] / TILE
    gel = pressed
    for sigma in _SPREAD:
        gel = np.maximum(_SPREAD_LOSS * blur(gel, sigma * to_pixels), pressed)
    return blur(gel, 0.9 * to_pixels)


def render_tactile(
    class_index: int, press_index: int, frame_index: int, spec: SampleSpec
) -> npt.NDArray[np.uint8]:
    """Render one GelSight frame, uint8 RGB of shape (size, size, 3).

    It depends only on its arguments; all indices count from 0. Frames of one press differ only in
    sensor noise and depth, which is deepest x (1 - exp(-4 t)) with t = (frame + 1) / frames.
    """
    shared = press(class_index, press_index, spec)
    depth = shared.deepest * (1.0 - math.exp(-4.0 * (frame_index + 1) / spec.frames))
    pressed = np.maximum(shared.height + (shared.reach + np.float32(depth - 1.0)), 0.0)
    gel = _gel(pressed)
    slope_x, slope_y = slopes(gel)
    slope_x *= -_RELIEF
    slope_y *= -_RELIEF
    upright = 1.0 / np.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    side, rise = math.cos(_ELEVATION), math.sin(_ELEVATION)
    planes = [plane.copy() for plane in shared.ground]
    for light_x, light_y, colour in _LIGHTS:
        toward = (light_x * side) * slope_x + (light_y * side) * slope_y + rise
        lit = (np.maximum(toward * upright, 0.0) - rise) * shared.gain
        # Surfaces turned toward a light reflect its colour; those turned away only lose light.
        glint = np.maximum(lit, 0.0)
        glint = glint * (0.62 + 0.8 * glint)
        shadow = np.minimum(lit, 0.0) * _SHADOW
        for plane, strength in zip(planes, colour, strict=True):
            plane += strength * glint + shadow
    clear = 1.0 - shared.ink
    soft = 0.5 * shared.height.shape[0] / TILE
    for plane, ink in zip(planes, (0.115, 0.085, 0.10), strict=True):
        plane *= clear
        plane += ink * shared.ink
    red, green, blue = (blur(plane, soft) for plane in planes)
    grain = stream(spec.seed, FRAME, class_index, press_index, frame_index)
    return to_image((red, green, blue), spec.size, grain, _NOISE)
