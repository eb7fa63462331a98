"""The amounts that a refined sweep adds: bisection on the multiples of its tolerance.

Bisection assumes that accuracy only falls between the two amounts. If it goes up and down, one of
the crossings is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise, takewhile
from math import ceil, floor

APART = 1e-6  # amounts closer than this would share a name
FINEST = 1e-4


def bracket(within: Mapping[float, bool]) -> tuple[float, float] | None:
    """Return the last amount before the first that exceeds the allowed drop, and that first one.

    Returns None if there is no such pair: the smallest amount exceeds it, or no amount does. An
    amount beyond the first that fails does not count, even if it is within the drop by chance.

    Args:
        within: whether the drop of each amount that was tried is within the allowed drop.
    """
    passed = list(takewhile(within.__getitem__, sorted(within)))
    if not passed or len(passed) == len(within):
        return None
    return passed[-1], sorted(within)[len(passed)]


def between(low: float, high: float, refine: float) -> range:
    """Return the multiples of `refine` strictly between two amounts."""
    if high - low <= refine + APART:
        return range(0)
    return range(floor((low + APART) / refine) + 1, ceil((high - APART) / refine))


def halving(low: float, high: float, refine: float) -> float | None:
    """Return the multiple of `refine` in the middle of two amounts; None if there is none."""
    inner = between(low, high, refine)
    return round(inner[len(inner) // 2] * refine, 6) if inner else None


def most_halvings(low: float, high: float, refine: float) -> int:
    """Return how many amounts bisection tries at most between two amounts."""
    return len(between(low, high, refine)).bit_length()


def most_added(amounts: Iterable[float], refine: float) -> int:
    """Return how many amounts a refinement adds at most, whichever gap it bisects."""
    ends = sorted({0.0, *amounts})
    return max((most_halvings(low, high, refine) for low, high in pairwise(ends)), default=0)
