"""Stopping the evaluation of an amount as soon as the remaining images cannot change the outcome.

After each batch, all remaining images are assumed to be classified correctly. If the amount loses
too much even then, it is certain to. This is curtailed inspection (A. J. Duncan, "Quality Control
and Industrial Statistics"). It does not test an interval repeatedly, which would err more often
with every look.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vitac_tui.evaluation.accuracy import NO_PREDICTION, Predictions
from vitac_tui.evaluation.paired import compare
from vitac_tui.pruning.choose import Limit
from vitac_tui.runs import numbers

_LOOKS = 16  # per split: at most 1/16 of its images is evaluated after the outcome is certain
_FEWEST = 32  # images between two looks; smaller batches cost more than they save


@dataclass(frozen=True, eq=False)
class EarlyStop:
    """When to stop evaluating one amount of a sweep.

    Attributes:
        dense: the unpruned model on every image of the split, in the table's order.
        order: positions of the images in the order of evaluation; shuffled, so that the images
            evaluated before stopping are a sample of all.
        limit: the limit of the drop.
    """

    dense: Predictions
    order: NDArray[np.int64]
    limit: Limit

    def settled(self, right: NDArray[np.bool_]) -> bool:
        """Return whether the drop is too large even with all remaining images correct.

        One more correct image never increases the drop or its upper bound: the bound is a
        quantile of a weighted mean, which falls with each of its values.

        Args:
            right: whether each image so far was classified correctly, in this order.
        """
        predicted = self.dense.labels.copy()
        predicted[self.order[: len(right)][~right]] = NO_PREDICTION
        best = replace(self.dense, predicted=predicted)
        return not self.limit.holds(compare(self.dense, best))

    @property
    def look_every(self) -> int:
        """Number of images between two looks, which limits the batch size."""
        return max(_FEWEST, len(self.order) // _LOOKS)

    @property
    def why(self) -> str:
        """Why the evaluation stopped, as a clause."""
        allowed = numbers.in_points(self.limit.max_drop)
        best = "even with all remaining images correct"
        if self.limit.level is not None:
            return f"{best}, a drop within {allowed} would not be shown"
        return f"{best}, it would drop by more than {allowed}"
