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

from vitac_tui.evaluation.accuracy import NO_PREDICTION, Answers
from vitac_tui.evaluation.paired import compare
from vitac_tui.pruning.choose import keeps
from vitac_tui.runs import numbers

_LOOKS = 16  # per split: at most 1/16 of its images is evaluated after the outcome is certain
_FEWEST = 32  # images between two looks; smaller batches cost more than they save


@dataclass(frozen=True, eq=False)
class Curtailment:
    """When to stop evaluating one amount of a sweep.

    Attributes:
        dense: the unpruned model on every image of the split, in the table's order.
        order: positions of the images in the order of evaluation; shuffled, so that the images
            evaluated before stopping are a sample of all.
        max_drop: allowed drop of top-1, as a fraction.
        strict: compare the upper bound of the drop with `max_drop`.
    """

    dense: Answers
    order: NDArray[np.int64]
    max_drop: float
    strict: bool

    def settled(self, right: NDArray[np.bool_]) -> bool:
        """Return whether the drop is too large even with all remaining images correct.

        One more correct image never increases the drop or its upper bound. For the bootstrap over
        groups this holds because its draws are fixed. For Newcombe's interval it was verified on
        all tables of up to 50 images, and on random larger ones.

        Args:
            right: whether each image so far was classified correctly, in this order.
        """
        predicted = self.dense.labels.copy()
        predicted[self.order[: len(right)][~right]] = NO_PREDICTION
        best = replace(self.dense, predicted=predicted)
        return not keeps(compare(self.dense, best), self.max_drop, strict=self.strict)

    @property
    def look_every(self) -> int:
        """Number of images between two looks, which limits the batch size."""
        return max(_FEWEST, len(self.order) // _LOOKS)

    @property
    def why(self) -> str:
        """Why the evaluation stopped, as a clause."""
        allowed = numbers.in_points(self.max_drop)
        if self.strict:
            best = "even with all remaining images correct"
            return f"{best}, a drop within {allowed} would not be shown"
        return f"even with all remaining images correct, it would drop by more than {allowed}"
