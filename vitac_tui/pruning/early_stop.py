"""Ending the evaluation of an amount once its outcome is certain, whatever is still to come.

That is curtailed inspection (A. J. Duncan, "Quality Control and Industrial Statistics"), not a
repeated look at an interval, which would err more often the more often it looks. After each batch
every image that was not seen yet is taken to be right. If even then the amount loses too much, no
answer that is still to come can change it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vitac_tui.evaluation.accuracy import NO_PREDICTION, Predictions
from vitac_tui.evaluation.paired import compare
from vitac_tui.pruning.choose import Limit
from vitac_tui.runs import numbers

_LOOKS = 16  # a split: at most a sixteenth of its images is seen after the outcome is certain
_FEWEST = 32  # images between two looks: smaller batches cost more than they save


@dataclass(frozen=True, eq=False)
class EarlyStop:
    """The question that a point of a sweep is scored for, and the order of the images.

    Attributes:
        dense: the unpruned model on every image of the split, in the table's order.
        order: the positions of the images, as they are visited: mixed, so that what was seen
            when the answer is certain is a sample of all of them.
        limit: what the amount must keep to.
    """

    dense: Predictions
    order: NDArray[np.int64]
    limit: Limit

    def settled(self, right: NDArray[np.bool_]) -> bool:
        """Whether the loss will be too large even if all images to come are right.

        One more correct image never makes the drop or its upper bound larger: the bound is a
        quantile of a weighted mean, which falls with each of its values.

        Args:
            right: whether each image so far is, in the order of `order`.
        """
        predicted = self.dense.labels.copy()
        predicted[self.order[: len(right)][~right]] = NO_PREDICTION
        best = replace(self.dense, predicted=predicted)
        return not self.limit.holds(compare(self.dense, best))

    @property
    def look_every(self) -> int:
        """Images between two looks: a batch, unless the evaluation uses smaller ones."""
        return max(_FEWEST, len(self.order) // _LOOKS)

    @property
    def why(self) -> str:
        """What is certain of a point that ended early, as the end of a sentence."""
        allowed = numbers.in_points(self.limit.max_drop)
        if self.limit.level is not None:
            return f"even with all others right it would not be shown to lose at most {allowed}"
        return f"even with all others right it would lose more than {allowed}"
