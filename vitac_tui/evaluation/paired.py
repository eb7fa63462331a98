"""A pruned model against the dense one on the same images."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from vitac_tui.evaluation.accuracy import Answers
from vitac_tui.evaluation.intervals import newcombe
from vitac_tui.evaluation.resampling import bootstrap
from vitac_tui.runs.numbers import ROUNDING, within

MOST_IMAGES = 10**7  # nobody takes more to settle a question
_SURE = 0.05


@dataclass(frozen=True)
class LostClass:
    """A class that the pruned model no longer knows as the dense one does; shares in [0, 1]."""

    label: int  # output index
    images: int
    dense: float
    pruned: float


@dataclass(frozen=True)
class Paired:
    """The comparison; `low` and `high` bound the difference of top-1, pruned less dense.

    Attributes:
        both: images that both models get right; `gained` that only the pruned one does, `lost`
            that only the dense one does, `neither` that none does.
        design_effect: how many images tell as much as one unrelated image would, from the groups.
        lost_classes: most damaged first.
    """

    both: int
    gained: int
    lost: int
    neither: int
    low: float
    high: float
    design_effect: float
    lost_classes: tuple[LostClass, ...] = ()

    @property
    def images(self) -> int:
        """How many were compared."""
        return self.both + self.gained + self.lost + self.neither

    @property
    def difference(self) -> float:
        """Top-1 of the pruned model less that of the dense one; NaN without images."""
        return (self.gained - self.lost) / self.images if self.images else float("nan")

    @property
    def p(self) -> float:
        """McNemar's exact test, by image."""
        return mcnemar(self.gained, self.lost)


def compare(dense: Answers, pruned: Answers) -> Paired:
    """Compare two models that answered the same images in the same order.

    The interval is Newcombe's; where groups are known, widened to that of the bootstrap over them.
    """
    before, after = dense.right, pruned.right
    gained, lost = after & ~before, before & ~after
    both, neither = int((before & after).sum()), int((~before & ~after).sum())
    counts = (both, int(gained.sum()), int(lost.sum()), neither)
    low, high = newcombe(*counts)
    effect = 1.0
    if dense.groups is not None:
        change = gained.astype(np.int64) - lost.astype(np.int64)
        group_low, group_high = bootstrap(change, dense.groups)
        share = float(change.mean())
        if share > low > group_low:
            # L. Kish, "Survey Sampling" (1965): a ratio of variances; here that of the loss.
            effect = ((share - group_low) / (share - low)) ** 2
        low, high = min(low, group_low), max(high, group_high)
    return Paired(*counts, low, high, effect, _lost_classes(dense.labels, before, after))


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided p of McNemar's exact test: a change is as likely for the better as for the worse.

    Source: Q. McNemar, Psychometrika 12 (1947); exact by the binomial distribution.
    """
    changed, fewer = gained + lost, min(gained, lost)
    steps = np.arange(1, fewer + 1)
    binomials = np.cumsum(np.log(changed - steps + 1) - np.log(steps))  # logs of "changed over k"
    logs = np.concatenate([[0.0], binomials]) - changed * np.log(2)
    return min(1.0, 2 * float(np.exp(logs).sum()))


def shown(compared: Paired, max_drop: float) -> bool:
    """Whether a loss of more than `max_drop` is excluded."""
    return within(-compared.low, max_drop)


def images_to_settle(compared: Paired, max_drop: float) -> int | None:
    """About how many images would exclude a loss of more than `max_drop`; None: no number would.

    The smallest number whose bound by Newcombe's method 10 is within `max_drop` when images are
    gained and lost at the rates seen so far, times the design effect of the groups (as sample
    sizes of paired proportions are found from the discordant rates: R. J. Connor, Biometrics 43
    (1987) 207-211, here for the interval that is shown instead of a test).
    """
    images = compared.images
    if not images or -compared.difference >= max_drop - ROUNDING:
        return None
    counts = (compared.both, compared.gained, compared.lost, compared.neither)

    def settles(number: int) -> bool:
        low, _ = newcombe(*(count * number / images for count in counts))
        return -low <= max_drop

    if not settles(MOST_IMAGES):
        return None
    too_few, enough = 0, MOST_IMAGES
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if settles(middle) else (middle, enough)
    needed = ceil(enough * compared.design_effect)
    return needed if needed <= MOST_IMAGES else None


def _lost_classes(
    labels: NDArray[np.int64], before: NDArray[np.bool_], after: NDArray[np.bool_]
) -> tuple[LostClass, ...]:
    """Classes with at most half of what the dense model got right, or a loss beyond chance.

    Beyond chance: McNemar's test of the class alone, at 5 % over the number of classes
    (Bonferroni). A single image less is never called a loss.
    """
    present, place = np.unique(labels, return_inverse=True)
    count = len(present)

    def images(of: NDArray[np.bool_]) -> list[int]:
        return [int(number) for number in np.bincount(place[of], minlength=count)]

    everything = np.ones_like(before)
    table = zip(
        present.tolist(),
        *map(images, (everything, before, after, after & ~before, before & ~after)),
        strict=True,
    )
    found = [
        LostClass(label, total, dense / total, pruned / total)
        for label, total, dense, pruned, gained, lost in table
        if lost - gained > 1 and (2 * pruned <= dense or mcnemar(gained, lost) <= _SURE / count)
    ]
    return tuple(sorted(found, key=lambda item: item.pruned - item.dense))
