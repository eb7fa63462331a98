"""Selecting the amount of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import ceil

from vitac_tui.evaluation.paired import Paired
from vitac_tui.runs.numbers import within


@dataclass(frozen=True)
class Limit:
    """The limit for an amount: on the observed drop or, with a `level`, on its upper bound.

    Attributes:
        max_drop: largest allowed drop of top-1, as a fraction.
        level: one-sided error level of each test; None compares the observed drop.
    """

    max_drop: float
    level: float | None = None

    def holds(self, compared: Paired | None) -> bool:
        """Return whether an amount is within the limit; None is an amount known not to be."""
        if compared is None or not compared.images:
            return False
        if self.level is None:
            return within(-compared.difference, self.max_drop)
        return compared.rules_out(self.max_drop, self.level)


@dataclass(frozen=True)
class Selection:
    """The selected point of a sweep, and how it compares with the dense model.

    Attributes:
        index: of the selected point; None if no amount is within the limit: the dense model stays.
        evidence: comparison of the selected point with the dense model; of the first amount that
            failed if none was selected, or None if that was never evaluated in full.
        images_needed: about how many images would rule out a drop above the limit, in as many
            groups as `groups_needed` says; None if it is ruled out, or if no number would.
        groups_needed: None if images count as independent, too.
    """

    index: int | None
    evidence: Paired | None
    images_needed: int | None
    groups_needed: int | None


def select_amount(points: Sequence[tuple[float, Paired | None]], limit: Limit) -> Selection:
    """Walk up the amounts and select the last one before the first that is not within the limit.

    With a level this is fixed-sequence testing (P. Bauer, Statistics in Medicine 10 (1991)
    871-890): the probability of selecting an amount that drops by more than the limit is at most
    the level, however many amounts there are and whatever the shape of the curve.

    Args:
        points: amount of each point, and how it compares with the dense model on validation; None
            if its evaluation stopped early, since it could not stay within the limit.
        limit: the limit that every amount must meet.

    Raises:
        ValueError: there are no points.
    """
    if not points:
        raise ValueError("a selection needs at least one point")
    ordered = sorted(range(len(points)), key=lambda i: points[i][0])
    passed = list(takewhile(lambda i: limit.holds(points[i][1]), ordered))
    index = passed[-1] if passed else None
    evidence = points[ordered[0] if index is None else index][1]
    images, groups = _needed(evidence, limit.max_drop) if evidence else (None, None)
    return Selection(index, evidence, images, groups)


def _needed(compared: Paired, max_drop: float) -> tuple[int | None, int | None]:
    """Return how many images and groups would rule out a larger drop with 80 % power."""
    if compared.rules_out(max_drop) or not within(-compared.difference, max_drop):
        return None, None
    found = compared.needed(max_drop)
    if found is None or found.groups is None:
        return None, None
    images = ceil(found.groups * compared.images / len(compared.sizes))
    return images, found.groups if compared.groups is not None else None
