"""The amounts that a refined sweep adds: bisection on the multiples of its tolerance.

Assumed is that accuracy falls between the two amounts that are bisected. Where it goes up and down
there, what is found is one of the crossings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise, takewhile
from math import ceil, floor

APART = 1e-6  # amounts nearer than this would share a name
FINEST = 1e-4


def bracket(within: Mapping[float, bool]) -> tuple[float, float] | None:
    """Return the last amount before the first that exceeds the allowed drop, and that first one.

    None if there is no such pair: the smallest amount exceeds it, or no amount does. An amount
    beyond the first that fails does not count, even if it is within the allowed drop by chance.

    Args:
        within: whether the drop of each amount that was tried is within the allowed drop.
    """
    passed = list(takewhile(within.__getitem__, sorted(within)))
    if not passed or len(passed) == len(within):
        return None
    return passed[-1], sorted(within)[len(passed)]


def between(low: float, high: float, refine: float) -> range:
    """The multiples of `refine` between two amounts; none where these are no further apart."""
    if high - low <= refine + APART:
        return range(0)
    return range(floor((low + APART) / refine) + 1, ceil((high - APART) / refine))


def halving(low: float, high: float, refine: float) -> float | None:
    """The amount that halves what lies between two others; None where they are near enough."""
    inner = between(low, high, refine)
    return round(inner[len(inner) // 2] * refine, 6) if inner else None


def most_halvings(low: float, high: float, refine: float) -> int:
    """How many amounts it takes at most until no two around the crossing are further apart."""
    return len(between(low, high, refine)).bit_length()


def most_added(amounts: Iterable[float], refine: float) -> int:
    """How many amounts a refinement adds at most, wherever it turns out to search."""
    ends = sorted({0.0, *amounts})
    return max((most_halvings(low, high, refine) for low, high in pairwise(ends)), default=0)
