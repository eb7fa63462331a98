"""Selecting the amount of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

from vitac_tui.evaluation.paired import Paired, images_to_settle, shown
from vitac_tui.runs.numbers import within


@dataclass(frozen=True)
class Selection:
    """The selected point of a sweep, and how it compares with the dense model.

    Attributes:
        index: of the point.
        met: whether its drop is within `max_drop`; if not, no point's is, and this one loses least.
        strict: whether the upper bound of the drop had to be within `max_drop`.
        max_drop: allowed drop of top-1, as a share.
        difference: of top-1 to the dense model, with the 95 % interval `low` to `high`.
        images: that were compared.
        images_needed: about how many would rule out a drop above `max_drop`; None where that is
            ruled out already, or where no number would.
    """

    index: int
    met: bool
    strict: bool
    max_drop: float
    difference: float
    low: float
    high: float
    images: int
    images_needed: int | None


def select_amount(
    points: Sequence[tuple[float, Paired]], max_drop: float, *, strict: bool
) -> Selection:
    """Select the largest amount whose drop of top-1 on validation is within `max_drop`.

    If there is none, select the amount that loses least; of equals, the smaller one.

    Args:
        points: amount of each point, and how it compares with the dense model on validation.
        max_drop: allowed drop, as a share in [0, 1).
        strict: assess an amount by the upper bound of its drop instead of the drop itself.

    Raises:
        ValueError: there are no points.
    """
    if not points:
        raise ValueError("a selection needs at least one point")
    keeping = [i for i, (_, found) in enumerate(points) if keeps(found, max_drop, strict=strict)]
    if keeping:
        index = max(keeping, key=lambda i: points[i][0])
    else:
        index = min(range(len(points)), key=lambda i: (_drop(points[i][1], strict), points[i][0]))
    compared = points[index][1]
    ruled_out = shown(compared, max_drop)
    return Selection(
        index=index,
        met=bool(keeping),
        strict=strict,
        max_drop=max_drop,
        difference=compared.difference,
        low=compared.low,
        high=compared.high,
        images=compared.images,
        images_needed=None if ruled_out else images_to_settle(compared, max_drop),
    )


def keeps(compared: Paired, max_drop: float, *, strict: bool) -> bool:
    """Return whether an amount's drop is within `max_drop`, as `select_amount` asks."""
    return within(_drop(compared, strict), max_drop)


def _drop(compared: Paired, strict: bool) -> float:
    drop = -(compared.low if strict else compared.difference)
    return drop if isfinite(drop) else inf
