"""Cloth structures: functions from coordinates in yarns to height and colour.

A relief takes `u` (across the warp, or along a course) and `v` (along the warp, or along a wale),
both in yarn pitches. It returns the height (about 0 at the bottom, 1 at the top of a yarn) and the
tone (1 for the colour of the first yarn system, 0 for the second).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitac_tui.sampleset.fields import Field, Indices

TAU = float(2.0 * np.pi)

Relief = Callable[[Field, Field, "Ply"], tuple[Field, Field]]


@dataclass(frozen=True)
class Ply:
    """Twist of the yarn: depth of its strands, and turns per pitch."""

    depth: float
    turns: float
    scatter: Field
    """(64, 64) values in [-1, 1), indexed by the integer parts of u and v."""

    def at(self, i: Indices, j: Indices) -> Field:
        """Scatter of cell (i, j)."""
        return self.scatter.ravel().take(((i & 63) << 6) | (j & 63))


@dataclass(frozen=True)
class Structure:
    """A kind of cloth: its name, its relief and the properties of its yarn."""

    name: str
    relief: Relief
    pitch: float
    """Distance between neighbouring yarns in tile units (256 per tile)."""
    fibre: float = 0.06
    """Deviation of the fine fibre noise, in yarn heights."""
    hair: float = 0.09
    """Height of stray fibres on top of the yarn."""
    slub: float = 0.10
    """Deviation of the slow unevenness of the yarn, as a fraction of its height."""


def _cells(u: Field, v: Field) -> tuple[Indices, Indices, Field, Field]:
    """Return the cell i, j of each point and its position a, b in [-1, 1] within the cell."""
    whole_u, whole_v = np.floor(u), np.floor(v)
    a = 2.0 * (u - whole_u) - 1.0
    b = 2.0 * (v - whole_v) - 1.0
    return whole_u.astype(np.int64), whole_v.astype(np.int64), a, b


def _round(a: Field, width: float = 1.0) -> Field:
    """Return the cross section of a yarn: half a circle for |a| <= width, else zero."""
    section: Field = np.sqrt(np.maximum(0.0, 1.0 - (a / width) ** 2))
    return section


def woven(
    draft: npt.ArrayLike,
    *,
    warp: float = 1.0,
    weft: float = 1.0,
    warp_width: float = 0.95,
    weft_width: float = 0.95,
    crimp: float = 0.5,
    proud: float = 0.0,
) -> Relief:
    """Return the relief of a weave.

    The centre line of each yarn is +crimp where it is on top and -crimp where it is below. The
    higher yarn is visible.

    Args:
        draft: whether warp i is above weft j, for one repeat.
        warp: pitch of the warp relative to the cloth's.
        weft: pitch of the weft relative to the cloth's.
        warp_width: width of a warp yarn relative to its pitch.
        weft_width: width of a weft yarn relative to its pitch.
        crimp: amplitude of the centre lines.
        proud: height added to the warp, which makes the lines of a twill visible.
    """
    over = np.asarray(draft, dtype=bool)
    size_i, size_j = over.shape
    sign = np.where(over, 1.0, -1.0).astype(np.float32)
    # For each cell: does the yarn change sides before the next cell in that direction?
    turn = {
        (axis, step): (over != np.roll(over, -step, axis)).astype(np.float32)
        for axis in (0, 1)
        for step in (-1, 1)
    }

    def relief(u: Field, v: Field, ply: Ply) -> tuple[Field, Field]:
        u, v = u / warp, v / weft
        i, j, a, b = _cells(u, v)
        flat = (i % size_i) * size_j + j % size_j
        side = sign.ravel()[flat]
        aa, bb = a * a, b * b
        turn_j = np.where(b < 0.0, turn[1, -1].ravel()[flat], turn[1, 1].ravel()[flat])
        turn_i = np.where(a < 0.0, turn[0, -1].ravel()[flat], turn[0, 1].ravel()[flat])
        strands = ply.depth * 0.5
        warp_strand = np.sin(TAU * (ply.turns * v + 0.45 * a))
        weft_strand = np.sin(TAU * (ply.turns * u + 0.45 * b))
        own_i = ply.at(i, j // 5)
        own_j = ply.at(i // 5 + 31, j)
        over_warp = _round(a, warp_width)
        over_weft = _round(b, weft_width)
        warp_height = over_warp * (0.5 + 0.09 * own_i + strands * warp_strand)
        warp_height += proud + crimp * side * (1.0 - bb * turn_j)
        weft_height = over_weft * (0.5 + 0.09 * own_j + strands * weft_strand)
        weft_height -= crimp * side * (1.0 - aa * turn_i)
        floor = np.float32(-crimp)
        warp_height = np.where(over_warp > 0.0, warp_height, floor)
        weft_height = np.where(over_weft > 0.0, weft_height, floor)
        height = np.maximum(warp_height, weft_height)
        return (height + crimp) / (0.5 + proud + 2.0 * crimp), (warp_height > weft_height) * _ONE

    return relief


_ONE = np.float32(1.0)


def _jersey(u: Field, v: Field, ply: Ply) -> tuple[Field, Field]:
    """Knit face: each wale is a column of nested Vs, the two legs of the loops."""
    i, _, a, _ = _cells(u / 2.0, v)
    lean = np.abs(a)
    along = v - 0.95 * lean + 0.12 * ply.at(i, i)
    _, j, _, b = _cells(u, along)
    leg = _round(b, 0.95) * np.sqrt(np.maximum(0.0, 1.0 - (2.1 * (lean - 0.5)) ** 2))
    strands = ply.depth * np.sin(TAU * (2.0 * ply.turns * lean + 0.5 * b))
    height = leg * (0.92 + 0.12 * ply.at(i, j) + strands)
    return height, np.clip(1.6 * leg, 0.0, 1.0)


def _rib(u: Field, v: Field, ply: Ply) -> tuple[Field, Field]:
    """2x2 rib: two wales of face loops stand proud, two wales of back loops lie behind."""
    face, _ = _jersey(u, v, ply)
    i, _, a, _ = _cells(u / 2.0, v)
    _, j, _, b = _cells(u, v + 0.35 * a * a)
    purl = 0.62 * _round(b, 0.9) * (1.0 + 0.12 * ply.at(i, j))
    ridge = 0.5 + 0.5 * np.cos(TAU * (u - 2.0) / 8.0)
    proud = np.clip(4.0 * (ridge - 0.5) + 0.5, 0.0, 1.0)
    height = proud * face * (0.55 + 0.45 * ridge) + (1.0 - proud) * 0.75 * purl
    return height + 0.12 * ridge, proud


def _corduroy(u: Field, v: Field, ply: Ply) -> tuple[Field, Field]:
    """Pile wales, rounded, with the tufts of the pile across them."""
    i, _, a, _ = _cells(u / 2.6, v)
    wale = _round(a, 0.86)
    j = np.floor(1.7 * v + 0.6 * ply.at(i, i)).astype(np.int64)
    across = np.floor(2.0 * a + 2.0).astype(np.int64)
    tuft = np.sin(TAU * (1.7 * v + 0.3 * ply.at(i + across, j)))
    height = wale**1.2 * (0.82 + 0.12 * ply.at(4 * i + across, j) + 0.12 * tuft)
    return height, np.clip(1.5 * wale, 0.0, 1.0)


def _terry(u: Field, v: Field, ply: Ply) -> tuple[Field, Field]:
    """Loop pile: rings of yarn that stand in rough rows and lean as they please."""
    cell_u, cell_v = np.floor(u / 1.5), np.floor(v / 1.5)
    u, v = u / 1.5, v / 1.5
    height = np.full(u.shape, 0.12, dtype=np.float32)
    for di in (-1, 0, 1):
        for dj in (-1, 0, 1):
            i = (cell_u + di).astype(np.int64)
            j = (cell_v + dj).astype(np.int64)
            x = u - (cell_u + (di + 0.5)) - 0.3 * ply.at(i, j)
            y = v - (cell_v + (dj + 0.5)) - 0.3 * ply.at(j, i + 17)
            radius = np.sqrt((1.0 + 0.7 * ply.at(i, j + 3)) * x * x + y * y)
            ring = 1.0 - ((radius - 0.40) / 0.22) ** 2
            # A loop leans: one side of its ring is up, the other is down in the pile.
            lean = 0.70 + 0.9 * (x * ply.at(i + 7, j) - 0.6 * y) + 0.14 * ply.at(i, j + 9)
            np.maximum(height, np.sqrt(np.maximum(ring, 0.0)) * np.minimum(lean, 1.0), out=height)
    return height, np.clip(1.3 * height, 0.0, 1.0)


def _mesh(u: Field, v: Field, ply: Ply) -> tuple[Field, Field]:
    """Warp-knit mesh: staggered holes with loops of yarn around them."""
    lattice = np.cos(0.5 * TAU * u) * np.cos(0.5 * TAU * v)
    i, j = np.rint(u).astype(np.int64), np.rint(v).astype(np.int64)
    hole = np.clip((lattice - 0.25) / 0.6, 0.0, 1.0) * (0.85 + 0.25 * ply.at(i, j))
    loop = np.exp(-(((lattice + 0.5) / 0.22) ** 2)) * (1.0 + 0.4 * ply.at(j, i))
    leg = np.cos(TAU * (u + 0.10 * np.sin(0.5 * TAU * v + 2.0 * ply.at(i, i))))
    height = 0.58 + 0.26 * loop + (0.13 + 0.4 * ply.depth) * leg - 0.66 * hole
    return height, 1.0 - np.clip(hole, 0.0, 1.0)


def _honeycomb(u: Field, v: Field, ply: Ply) -> tuple[Field, Field]:
    """Waffle: square cells with ridges of long floats around a deep middle."""
    height, tone = _PLAIN(u, v, ply)
    _, _, a, b = _cells(u / 4.0, v / 4.0)
    wall = np.maximum(np.abs(a), np.abs(b))
    return height * (0.22 + 0.1 * wall) + 0.7 * wall**1.4, tone


def _seersucker(u: Field, v: Field, ply: Ply) -> tuple[Field, Field]:
    """Seersucker: plain weave in stripes that alternate between flat and puckered."""
    height, tone = _PLAIN(u, v, ply)
    i = np.floor(u / 6.0).astype(np.int64)
    stripe = 0.5 - 0.5 * np.cos(TAU * u / 6.0)
    pucker = np.sin(TAU * (v / 5.0 + 0.5 * ply.at(i, i)))
    return height * 0.72 + 0.28 * stripe * (0.5 + 0.5 * pucker), tone


def _draft(rule: Callable[[Indices, Indices], npt.ArrayLike], size: int) -> npt.ArrayLike:
    i, j = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    return rule(i, j)


def _pointed(i: Indices, period: int) -> Indices:
    """Count up for `period` yarns, then down: the threading of herringbone and diamonds."""
    i = i % (2 * period)
    return np.where(i < period, i, 2 * period - 1 - i)


_PLAIN_DRAFT = _draft(lambda i, j: (i + j) % 2, 2)
_PLAIN = woven(_PLAIN_DRAFT)

# A crepe must look like no repeat at all: a balanced draft without long floats either way.
_CREPE_ROWS = (
    "11010010",
    "01001101",
    "10110100",
    "00101011",
    "11001010",
    "01010110",
    "10100101",
    "00110101",
)
_CREPE = [[mark == "1" for mark in row] for row in _CREPE_ROWS]

_TWILL_22 = _draft(lambda i, j: (i + j) % 4 < 2, 4)
_TWILL_31 = _draft(lambda i, j: (i - j) % 4 < 3, 4)
_SATIN = _draft(lambda i, j: (3 * i + j) % 8 != 0, 8)
_BASKET = _draft(lambda i, j: (i // 2 + j // 2) % 2, 4)
_HERRINGBONE = _draft(lambda i, j: (_pointed(i, 8) + j) % 4 < 2, 16)
_DIAMOND = _draft(lambda i, j: (_pointed(i, 4) + _pointed(j, 4)) % 4 < 2, 8)

#: The first twelve are the default set; their order is part of every set's class ids.
STRUCTURES: tuple[Structure, ...] = (
    Structure("mesh", _mesh, 14.0, hair=0.2),
    Structure("plain", _PLAIN, 17.0),
    Structure("2/2 twill", woven(_TWILL_22, proud=0.5), 16.0),
    Structure("jersey", _jersey, 14.0, slub=0.08),
    Structure("2/2 basket", woven(_BASKET), 14.0),
    Structure("corduroy", _corduroy, 14.0, fibre=0.10, hair=0.15),
    Structure("satin", woven(_SATIN, proud=0.35), 16.0),
    Structure("terry", _terry, 17.0, fibre=0.09, hair=0.15),
    Structure("herringbone", woven(_HERRINGBONE, proud=0.5), 14.5),
    Structure("honeycomb", _honeycomb, 14.0),
    Structure("2x2 rib", _rib, 13.0),
    Structure("3/1 twill", woven(_TWILL_31, proud=0.5), 19.0),
    Structure("rep", woven(_PLAIN_DRAFT, warp=0.8, weft=2.0, crimp=0.35), 17.0),
    Structure("gauze", woven(_PLAIN_DRAFT, warp_width=0.5, weft_width=0.5, crimp=0.4), 20.0),
    Structure("crepe", woven(_CREPE), 17.0),
    Structure("diamond twill", woven(_DIAMOND, proud=0.5), 15.0),
    Structure("seersucker", _seersucker, 15.0),
)
