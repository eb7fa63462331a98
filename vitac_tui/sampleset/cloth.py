"""One cloth of the set (a class), and one patch of it under the camera or the sensor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vitac_tui.sampleset.fields import Field, noise, tile_grid
from vitac_tui.sampleset.structures import STRUCTURES, TAU, Ply, Structure

# First word after the seed for each purpose, so that no two draws share a stream.
CLOTH, PRESS, FRAME, PHOTO, TILE_OF_PHOTO = range(5)

#: Pitch, ply depth and ply turns of the three qualities that each structure is made in. The pitch
#: stays above 12 tile units, which is 3 pixels per yarn in an image of 64 pixels.
_QUALITIES = ((1.0, 0.16, 1.0), (1.5, 0.10, 1.5), (1.22, 0.28, 0.7))


def stream(seed: int, *words: int) -> np.random.Generator:
    """Return a random generator that depends only on the seed and on its purpose, `words`."""
    return np.random.default_rng([seed, *words])


@dataclass(frozen=True)
class Cloth:
    """What all images of a class have in common."""

    structure: Structure
    ply: Ply
    pitch: float
    """Tile units per yarn."""
    colours: tuple[Field, Field]
    """Reflectance of the two yarn systems, RGB in [0, 1]."""
    stiffness: float
    """Fraction of its height that remains under the gel: 1 for a stiff cloth."""


@lru_cache(maxsize=64)
def cloth(seed: int, class_index: int) -> Cloth:
    """Return the cloth of a class: structure by its index, colours and yarn by the seed."""
    rng = stream(seed, CLOTH, class_index)
    quality, kind = divmod(class_index, len(STRUCTURES))
    structure = STRUCTURES[kind]
    pitch, depth, turns = _QUALITIES[quality]
    scatter = rng.uniform(-1.0, 1.0, (64, 64)).astype(np.float32)
    base = np.array([0.712, 0.621, 0.621]) + rng.normal(0.0, 0.006)
    base += rng.normal(0.0, 0.005, 3)
    contrast = rng.uniform(0.015, 0.032) * rng.choice([-1.0, 1.0])
    first = base + contrast + rng.normal(0.0, 0.005, 3)
    second = base - contrast + rng.normal(0.0, 0.006, 3)
    return Cloth(
        structure=structure,
        ply=Ply(depth, turns, scatter),
        pitch=structure.pitch * pitch * float(rng.uniform(0.97, 1.03)),
        colours=(first.astype(np.float32), second.astype(np.float32)),
        stiffness=float(rng.uniform(0.9, 1.0)),
    )


@dataclass(frozen=True)
class Pose:
    """Position of a piece of cloth, drawn once per press or photo."""

    turn: float
    scale: float
    origin: tuple[float, float]
    """Yarns from the corner of the cloth to the corner of the patch."""
    waves: tuple[tuple[float, float, float, float], ...]
    """Slow waviness: wave vector (x, y) per tile unit, phase, and amplitude in yarns."""


def pose(rng: np.random.Generator) -> Pose:
    """Draw the position: rotation 0.15 rad, scale 2 %, waves of 130 to 400 tile units."""
    waves = []
    for _ in range(3):
        length, heading = rng.uniform(130.0, 400.0), rng.uniform(0.0, TAU)
        waves.append(
            (
                TAU * math.cos(heading) / length,
                TAU * math.sin(heading) / length,
                rng.uniform(0.0, TAU),
                rng.normal(0.0, 0.12),
            )
        )
    return Pose(
        turn=rng.normal(0.0, 0.15),
        scale=math.exp(rng.normal(0.0, 0.02)),
        origin=(rng.uniform(0.0, 64.0), rng.uniform(0.0, 64.0)),
        waves=tuple(waves),
    )


def relief(
    made: Cloth, lies: Pose, rng: np.random.Generator, side: int, corner: tuple[float, float]
) -> tuple[Field, Field]:
    """Return height and tone, each (side, side), of the tile at `corner` (tile units).

    `rng` draws the irregularities of the yarn, which differ in each tile.
    """
    x, y = tile_grid(side)
    x, y = x + np.float32(corner[0]), y + np.float32(corner[1])
    cos, sin = math.cos(lies.turn), math.sin(lies.turn)
    step = 1.0 / (made.pitch * lies.scale)
    u = (step * cos) * x + (step * sin) * y + lies.origin[0]
    v = (-step * sin) * x + (step * cos) * y + lies.origin[1]
    for number, (wave_x, wave_y, phase, amplitude) in enumerate(lies.waves):
        wave = amplitude * np.sin(wave_x * x + (wave_y * y + phase))
        if number % 2:
            u += wave
        else:
            v += wave
    # Yarns are never straight: a wander of a few hundredths of a pitch over a few pitches.
    u += 0.06 * noise(rng, side, 2.5 * made.pitch)
    v += 0.06 * noise(rng, side, 2.5 * made.pitch)
    height, tone = made.structure.relief(u, v, made.ply)
    height *= 1.0 + made.structure.slub * noise(rng, side, 1.4 * made.pitch)
    height += made.structure.fibre * noise(rng, side, 3.2)
    # Stray fibres: the zero lines of smooth noise are thin curls, as hairs of yarn are.
    curl = noise(rng, side, 7.0) * 4.5
    height += made.structure.hair * np.exp(-curl * curl)
    return height.astype(np.float32, copy=False), tone.astype(np.float32, copy=False)
