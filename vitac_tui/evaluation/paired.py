"""A pruned model compared with the dense model on the same images."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vitac_tui.evaluation.accuracy import Predictions
from vitac_tui.evaluation.groups import independent
from vitac_tui.statistics.intervals import (
    LEVEL,
    ClassLoss,
    class_losses,
    drop_p_values,
    drop_sums,
    paired_interval,
    paired_test,
)
from vitac_tui.statistics.power import NeededGroups, needed_groups_of


@dataclass(frozen=True)
class Paired:
    """The comparison; `low` and `high` bound the difference of top-1, pruned minus dense.

    Attributes:
        both: images that both models classify correctly; `gained` only the pruned one, `lost`
            only the dense one, `neither` none.
        p: p-value of "both models are equally accurate", from a test that keeps groups together.
        groups: how many groups were compared; None if images count as independent.
        drops: images lost minus gained, 1 x groups; `sizes` the images of each group. With
            independent images each is a group of its own.
        lost_classes: classes whose accuracy is shown to have dropped, most damaged first.
    """

    both: int
    gained: int
    lost: int
    neither: int
    low: float
    high: float
    p: float
    groups: int | None
    drops: NDArray[np.float64] = field(compare=False, repr=False)
    sizes: NDArray[np.float64] = field(compare=False, repr=False)
    lost_classes: tuple[ClassLoss, ...] = ()

    @property
    def images(self) -> int:
        """The number of images compared."""
        return self.both + self.gained + self.lost + self.neither

    @property
    def difference(self) -> float:
        """Top-1 of the pruned model minus that of the dense one; NaN without images."""
        return (self.gained - self.lost) / self.images if self.images else float("nan")

    def rules_out(self, max_drop: float, level: float = LEVEL) -> bool:
        """Return whether a drop of more than `max_drop` is ruled out, with a one-sided error."""
        if not len(self.sizes):
            return False
        return bool(drop_p_values(self.drops, self.sizes, max_drop)[0] <= level)

    def needed(self, max_drop: float, level: float = LEVEL) -> NeededGroups | None:
        """Return how many groups (or independent images) would rule out a larger drop."""
        if not len(self.sizes) or not max_drop:
            return None
        return needed_groups_of(self.drops[0], self.sizes, max_drop, level=level)


def compare(dense: Predictions, pruned: Predictions) -> Paired:
    """Compare two models that classified the same images in the same order."""
    before, after = dense.right, pruned.right
    groups = None if independent(dense.groups) else dense.groups
    low, high = paired_interval(before, after, groups)
    drops, sizes = drop_sums(before, after, groups)
    return Paired(
        both=int((before & after).sum()),
        gained=int((after & ~before).sum()),
        lost=int((before & ~after).sum()),
        neither=int((~before & ~after).sum()),
        low=low,
        high=high,
        p=paired_test(before, after, groups),
        groups=None if groups is None else len(sizes),
        drops=drops,
        sizes=sizes,
        lost_classes=class_losses(dense.labels, before, after, groups),
    )
