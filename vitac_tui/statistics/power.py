"""Planning: how many groups a question needs, and what a given number of groups can show.

Power is simulated: groups are drawn from a distribution of the change per group, and the share of
samples that answer the question is counted. Fixed seeds make the answers repeatable.

Sources:
    D. J. Spiegelhalter, L. S. Freedman and P. R. Blackburn, Controlled Clinical Trials 7 (1986)
    8-17: predictive power, averaged over what a pilot leaves open.
    D. B. Rubin, Annals of Statistics 9 (1981) 130-134: the Bayesian bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vitac_tui.statistics.intervals import LEVEL, bound_p_values, drop_p_values, drop_sums

FloatArray = NDArray[np.float64]

POWER = 0.8  # the usual convention: four in five studies of this size succeed
MOST_GROUPS = 100_000  # nobody collects more to settle one question
# Half an unseen group that is lost as a whole, and half a one gained, join the pilot: a prior like
# that of Jeffreys. A quarter fell to 53 % power where the pilot had met none of the lost groups.
UNSEEN = 0.5
_SAMPLES = 600  # a power of .8 is known to 1.6 percentage points
_SEED = 20240601
_STEP = 1.02  # numbers of groups are found to 2 %; the pilot leaves far more open
_GRID = np.linspace(-1, 1, 41)  # changes per group are put on it where they have many values


@dataclass(frozen=True)
class NeededGroups:
    """How many groups in all would exclude a drop of more than the limit, with the given power.

    Attributes:
        groups: the number; None if no number would, or more than `MOST_GROUPS`.
        low: the number if the truth is as favourable as the pilot allows (one in ten chance of
            being more so); `high` if as unfavourable; None: no number would.
        power: probability that such a sample settles the question, averaged over what the pilot
            leaves open.
    """

    groups: int | None
    low: int | None
    high: int | None
    power: float


def needed_groups(
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    groups: ArrayLike | None,
    max_drop: float,
    power: float = POWER,
    level: float = LEVEL,
) -> NeededGroups:
    """Return how many groups in all show that the drop from a to b is within a limit.

    The groups to come are taken to be like those seen, with as many images each.

    Args:
        correct_a: images; whether model a (dense) classifies each correctly.
        correct_b: the same for model b (pruned).
        groups: images; the group of each. None takes the images as independent; the answer then
            counts images.
        max_drop: allowed drop, in (0, 1).
        power: wanted probability of success.
        level: one-sided error level of the test.

    Raises:
        ValueError: lengths differ, or a value is out of range, or there are no images.
    """
    sums, sizes = drop_sums(correct_a, correct_b, groups)
    return needed_groups_of(sums[0], sizes, max_drop, power, level)


def needed_groups_of(
    drops: FloatArray,
    sizes: FloatArray,
    max_drop: float,
    power: float = POWER,
    level: float = LEVEL,
) -> NeededGroups:
    """Return what `needed_groups` does, from images lost minus gained and the size of each group.

    Raises:
        ValueError: a value is out of range, or there are no groups.
    """
    if not 0 < max_drop < 1:
        raise ValueError(f"max_drop is {max_drop}; expected a share in (0, 1)")
    if not len(sizes):
        raise ValueError("a pilot needs at least one image")
    values, counts = _histogram(drops / sizes)
    rng = np.random.default_rng(_SEED)
    # What the pilot leaves open: the Bayesian bootstrap, with unseen groups lost and gained.
    ends = np.array([-1.0, 1.0])
    values, counts = np.concatenate([values, ends]), np.concatenate([counts, [UNSEEN, UNSEEN]])
    plausible = rng.dirichlet(counts, _SAMPLES)
    needed = _smallest(values, plausible, max_drop, power, level)
    distance = (max_drop - plausible @ values) / np.sqrt(plausible @ values**2 + 1e-9)
    order = np.argsort(distance)
    ends_of = [plausible[order[int(share * (_SAMPLES - 1))]] for share in (0.9, 0.1)]
    low, high = (
        _smallest(values, np.broadcast_to(one, plausible.shape), max_drop, power, level)
        for one in ends_of
    )
    return NeededGroups(needed, low, high, power)


def drop_power(
    values: FloatArray,
    chances: FloatArray,
    n_groups: int,
    max_drop: float,
    level: float = LEVEL,
) -> float:
    """Return the probability that a sample shows the drop to be within a limit.

    Args:
        values: possible changes of a group, images lost minus gained over its images.
        chances: probability of each value; or samples x values, one distribution for each sample.
        n_groups: groups in the sample.
        max_drop: allowed drop.
        level: one-sided error level of the test.
    """
    rng = np.random.default_rng(_SEED)
    chances = np.broadcast_to(chances, (_SAMPLES, len(values)))
    counts = rng.multinomial(n_groups, chances).astype(np.float64)
    used = counts.any(axis=0)
    rows = np.broadcast_to(values[used], (_SAMPLES, int(used.sum())))
    p = bound_p_values(rows, counts[:, used], max_drop)
    return float((p <= level).mean())


def smallest_provable_limit(n_groups: int, level: float = LEVEL) -> float:
    """Return the smallest drop that so many groups can exclude at all, as a share.

    The bound if no image changes: 1 - level^(1 / n). No result on these groups can show that the
    drop is within a smaller limit, as that many whole groups could be lost and none be among them.

    Raises:
        ValueError: there are no groups.
    """
    if n_groups < 1:
        raise ValueError("n_groups must be at least 1")
    return float(1 - level ** (1 / n_groups))


def groups_for_limit(max_drop: float, level: float = LEVEL) -> int:
    """Return the number of groups below which no result excludes a drop of more than `max_drop`.

    Raises:
        ValueError: `max_drop` is not in (0, 1).
    """
    if not 0 < max_drop < 1:
        raise ValueError(f"max_drop is {max_drop}; expected a share in (0, 1)")
    return ceil(log(level) / log(1 - max_drop) - 1e-9)


def smallest_visible_drop(
    n_groups: int,
    images_per_group: int,
    accuracy: float = 0.95,
    correlation: float = 0.6,
    regained: float = 0.25,
    power: float = POWER,
    level: float = LEVEL,
) -> float | None:
    """Return the smallest true drop that would be seen, with the given power, before training.

    Seen: `paired_interval` excludes no change. Groups lose images by a beta-binomial distribution.

    Args:
        n_groups: groups in the split.
        images_per_group: images in each.
        accuracy: expected accuracy of the first model (dense).
        correlation: intra-class correlation of the changes; .49 to .75 was measured for errors.
        regained: share of the first model's errors that the second one gets right.
        power: wanted probability.
        level: one-sided error level.

    Returns:
        A share in (0, accuracy]; None where not even losing everything would be seen.

    Raises:
        ValueError: a number is out of range.
    """
    if n_groups < 1 or images_per_group < 1:
        raise ValueError("n_groups and images_per_group must be at least 1")
    if not (0 < accuracy <= 1 and 0 <= correlation <= 1 and 0 <= regained <= 1):
        raise ValueError("accuracy, correlation and regained are shares in [0, 1]")
    gain = (1 - accuracy) * regained
    sizes = np.full(n_groups, float(images_per_group))

    def seen(drop: float) -> bool:
        rng = np.random.default_rng(_SEED)
        lost = clustered_counts(rng, _SAMPLES, n_groups, images_per_group, drop + gain, correlation)
        left = images_per_group - lost
        got = np.minimum(
            clustered_counts(rng, _SAMPLES, n_groups, images_per_group, gain, correlation), left
        )
        change = (got - lost).astype(np.float64)
        return float((drop_p_values(change, sizes, 0.0) <= level).mean()) >= power

    too_small, enough = 0.0, accuracy - gain
    if enough <= 0 or not seen(enough):
        return None
    while enough - too_small > 0.002:  # reported in percentage points
        middle = (too_small + enough) / 2
        too_small, enough = (too_small, middle) if seen(middle) else (middle, enough)
    return enough


def clustered_counts(
    rng: np.random.Generator,
    samples: int,
    n_groups: int,
    images_per_group: int,
    chance: float,
    correlation: float,
) -> NDArray[np.int64]:
    """Return beta-binomial counts, samples x groups, with a given intra-class correlation."""
    shape = (samples, n_groups)
    if correlation <= 0 or not 0 < chance < 1:
        return rng.binomial(images_per_group, chance, shape)
    if correlation >= 1:
        return rng.binomial(1, chance, shape) * images_per_group
    total = 1 / correlation - 1
    return rng.binomial(images_per_group, rng.beta(chance * total, (1 - chance) * total, shape))


def _histogram(changes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the distinct changes and their counts; on a grid of the same mean if they are many."""
    distinct, repeats = np.unique(changes, return_counts=True)
    if len(distinct) <= len(_GRID) // 2:
        return distinct, repeats.astype(np.float64)
    place = np.clip(np.searchsorted(_GRID, changes, side="right") - 1, 0, len(_GRID) - 2)
    upper = (changes - _GRID[place]) / (_GRID[place + 1] - _GRID[place])
    below = np.bincount(place, 1 - upper, len(_GRID))
    shared: FloatArray = np.asarray(
        below + np.bincount(place + 1, upper, len(_GRID)), dtype=np.float64
    )
    return _GRID[shared > 0], shared[shared > 0]


def _smallest(
    values: FloatArray, chances: FloatArray, max_drop: float, power: float, level: float
) -> int | None:
    """Return the smallest number of groups with the power, to within `_STEP`."""

    def enough(n_groups: int) -> bool:
        return drop_power(values, chances, n_groups, max_drop, level) >= power

    return first_true(enough, groups_for_limit(max_drop, level), MOST_GROUPS)


def first_true(holds: Callable[[int], bool], start: int, most: int) -> int | None:
    """Return about the smallest number from `start` that holds, doubling and then bisecting."""
    low, high = start - 1, start
    while not holds(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > max(1, low * (_STEP - 1)):
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
