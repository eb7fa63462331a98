"""Choosing the amount of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

_ROUNDING = 1e-9  # .975 - .965 is a little more than .01; no split has a billion images


@dataclass(frozen=True)
class Choice:
    """The chosen row of a sweep."""

    index: int
    rule: str  # in words, for the record
    met: bool  # False: no amount keeps within the allowed drop, this one loses least


def choose_amount(
    rows: Sequence[tuple[float, float]], dense_top1: float, max_drop: float
) -> Choice:
    """The largest amount that costs at most `max_drop` of top-1, on validation.

    Where none does, the one that loses least (of equals the smaller amount), and `met` is False.
    A top-1 that is not finite never qualifies.

    Args:
        rows: (amount, top-1 on validation) of each point.
        dense_top1: top-1 of the unpruned model on the same images.
        max_drop: allowed loss, as a share in [0, 1).

    Raises:
        ValueError: there are no rows.
    """
    if not rows:
        raise ValueError("a choice needs at least one row")
    drops = [dense_top1 - top1 if isfinite(dense_top1 - top1) else inf for _, top1 in rows]
    within = [i for i, drop in enumerate(drops) if drop <= max_drop + _ROUNDING]
    if within:
        rule = f"largest amount that loses at most {max_drop:g} of the dense model's top-1"
        return Choice(max(within, key=lambda i: rows[i][0]), rule, met=True)
    rule = f"no amount loses at most {max_drop:g} of the dense model's top-1; this one loses least"
    best = min(range(len(rows)), key=lambda i: (drops[i], rows[i][0]))
    return Choice(best, rule, met=False)
