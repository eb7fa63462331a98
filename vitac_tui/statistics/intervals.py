"""Confidence intervals and tests for accuracies whose images come in groups.

Images of one group (the frames of a press, the crops of a photo) are right or wrong together, so
groups are the unit. Each group contributes one number in [0, 1], its accuracy. How these numbers
are distributed is not assumed: the bounds are Gaffke's (see `bounded_mean`). With one image per
group they are Clopper and Pearson's.

What is assumed: the groups are independent draws from the presses (photos, materials) that the
statement is about, and the sizes of the groups do not depend on how hard they are.

Groups of unequal size are weighted by their images, as the accuracy is. Their number then counts
as Kish's effective number, sum(m)^2 / sum(m^2).

Sources:
    N. Gaffke, Mathematical Methods of Statistics 14 (2005) 451-467: the bound.
    C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404-413: the exact interval.
    L. Kish, "Survey Sampling" (1965): design effect, effective sample size.
    R. A. Fisher, "The Design of Experiments" (1935): the sign-flip test.
    S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70: several tests.
    R. E. Tarone, Biometrics 46 (1990) 515-522: tests that could not have come out significant.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vitac_tui.statistics.bounded_mean import mean_exceeds, upper_bound

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# The intra-class correlation is estimated as if this many more groups had been seen that are
# wholly right or wholly wrong, in units of the variance of one group. Without errors nothing is
# known about the correlation and the estimate is 1. It describes and plans; no bound depends on it.
PRIOR_GROUPS = 0.4

# Below this many groups withhold the interval: it covers, but it is too wide to be of use.
FEWEST_GROUPS = 5
# Below this many groups print an interval in whole percentage points, with a warning.
FEW_GROUPS = 8

LEVEL = 0.025  # one-sided, the side of a 95 % interval on which a drop lies
_ROUNDING = 1e-9  # shares are compared to this; no data set has a billion images


@dataclass(frozen=True)
class PlausibleRange:
    """Intervals of an accuracy if the groups are not known; bounds in [0, 1].

    Attributes:
        independent: the interval if every image were independent of the others; the narrowest.
        grouped: the interval if the images came in groups of `images_per_group`.
        images_per_group: what was assumed.
        correlation: the intra-class correlation that was assumed.
    """

    independent: tuple[float, float]
    grouped: tuple[float, float]
    images_per_group: int
    correlation: float


@dataclass(frozen=True)
class ClassLoss:
    """A class whose accuracy is shown to have dropped.

    Attributes:
        label: number of the class.
        images: how many images it has; `groups` in how many groups.
        before: accuracy of the first model on it; `after` of the second one.
        p_value: adjusted for the number of classes.
    """

    label: int
    images: int
    groups: int
    before: float
    after: float
    p_value: float


def accuracy_interval(
    correct: ArrayLike, groups: ArrayLike | None = None, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the confidence interval of an accuracy.

    Each bound alone has an error of at most `(1 - confidence) / 2`.

    Args:
        correct: images; whether each is classified correctly, or a share in [0, 1] such as the
            mean over several seeds.
        groups: images; the group of each (integers, strings, any hashable). None takes the images
            as independent. Where they may not be, use `plausible_range`.
        confidence: two-sided level, in (0, 1).

    Returns:
        Lower and upper bound in [0, 1]; (0, 1) without images.

    Raises:
        ValueError: lengths differ, a value is outside [0, 1], or the level is not in (0, 1).
    """
    values = _shares(correct)
    tail = _tail(confidence)
    if not len(values):
        return 0.0, 1.0
    sums, sizes = _group_sums(values, group_index(groups, len(values)))
    low, high = accuracy_bounds(sums[None], sizes, tail)
    return float(low[0]), float(high[0])


def paired_interval(
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    groups: ArrayLike | None = None,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return the confidence interval of the change in accuracy from model a to model b.

    The change is b minus a (pruned minus dense): negative where b is worse. Each bound alone has an
    error of at most `(1 - confidence) / 2`.

    Args:
        correct_a: images; whether model a (dense) classifies each correctly, or a share in [0, 1].
        correct_b: the same for model b (pruned), on the same images in the same order.
        groups: images; the group of each. None takes the images as independent.
        confidence: two-sided level, in (0, 1).

    Returns:
        Lower and upper bound in [-1, 1]; (-1, 1) without images.

    Raises:
        ValueError: lengths differ, a value is outside [0, 1], or the level is not in (0, 1).
    """
    tail = _tail(confidence)
    sums, sizes = drop_sums(correct_a, correct_b, groups)
    if not len(sizes):
        return -1.0, 1.0
    return -float(drop_bounds(sums, sizes, tail)[0]), float(drop_bounds(-sums, sizes, tail)[0])


def drop_bound(
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    groups: ArrayLike | None = None,
    confidence: float = 0.975,
) -> float:
    """Return the largest drop in accuracy from a to b that the data do not exclude.

    "A drop of more than this is excluded" is wrong in at most `1 - confidence` of all samples. The
    bound is minus the lower end of `paired_interval` at the two-sided level `2 confidence - 1`.

    Args:
        correct_a: images; whether model a (dense) classifies each correctly.
        correct_b: the same for model b (pruned).
        groups: images; the group of each. None takes the images as independent.
        confidence: one-sided level, in (0.5, 1).

    Raises:
        ValueError: lengths differ, a value is outside [0, 1], or the level is out of range.
    """
    if not 0.5 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; a one-sided level lies in (0.5, 1)")
    sums, sizes = drop_sums(correct_a, correct_b, groups)
    return float(drop_bounds(sums, sizes, 1 - confidence)[0]) if len(sizes) else 1.0


def drop_p_value(
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    groups: ArrayLike | None,
    max_drop: float,
) -> float:
    """Return the p-value of "the drop from a to b is max_drop or more".

    A small value shows that the drop is smaller. It is at most .025 exactly where `drop_bound` at
    97.5 % is at most `max_drop`.

    Args:
        correct_a: images; whether model a (dense) classifies each correctly.
        correct_b: the same for model b (pruned).
        groups: images; the group of each. None takes the images as independent.
        max_drop: allowed drop, in [0, 1).

    Raises:
        ValueError: lengths differ, or a value or `max_drop` is out of range.
    """
    if not 0 <= max_drop < 1:
        raise ValueError(f"max_drop is {max_drop}; expected a share in [0, 1)")
    sums, sizes = drop_sums(correct_a, correct_b, groups)
    return float(drop_p_values(sums, sizes, max_drop)[0]) if len(sizes) else 1.0


def paired_test(
    correct_a: ArrayLike, correct_b: ArrayLike, groups: ArrayLike | None = None
) -> float:
    """Return the two-sided p-value of "both models are equally good".

    The sign-flip test over groups: if the models are exchangeable, the change of each group could
    as well have had the other sign. All combinations of signs are counted, so the p-value is exact.
    With one image per group it is McNemar's exact test.

    Args:
        correct_a: images; whether model a classifies each correctly.
        correct_b: the same for model b.
        groups: images; the group of each. None takes the images as independent.

    Raises:
        ValueError: lengths differ or a value is neither 0 nor 1.
    """
    sums, sizes = drop_sums(correct_a, correct_b, groups)
    if not len(sizes):
        return 1.0
    return min(1.0, 2 * sign_flip(_whole(np.abs(sums[0])), abs(float(sums.sum()))))


def class_losses(
    labels: ArrayLike,
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    groups: ArrayLike | None = None,
    level: float = 0.05,
) -> tuple[ClassLoss, ...]:
    """Return the classes whose accuracy is shown to have dropped, most damaged first.

    One-sided sign-flip tests over the groups of each class, at Holm's levels over the classes in
    which anything could be shown (Tarone). The probability of naming any class without a loss is
    at most `level`, over all classes together. A class needs at least five groups that changed to
    be named: with four, all of them worse happens by chance in 1 of 16 cases.

    Args:
        labels: images; the class of each.
        correct_a: images; whether model a (dense) classifies each correctly.
        correct_b: the same for model b (pruned).
        groups: images; the group of each. None takes the images as independent.
        level: familywise error.

    Raises:
        ValueError: lengths differ or a value is neither 0 nor 1.
    """
    before, after = _shares(correct_a), _shares(correct_b)
    classes, place = np.unique(np.asarray(labels, np.int64), return_inverse=True)
    if not len(before) == len(after) == len(place):
        raise ValueError("labels, correct_a and correct_b differ in length")
    group = group_index(groups, len(place))
    found = []
    for number, label in enumerate(classes.tolist()):
        of = place == number
        changes, sizes = _group_sums(before[of] - after[of], group[of])
        changes = _whole(changes)
        p = sign_flip(np.abs(changes), float(changes.sum()))
        lowest = 0.5 ** int(np.count_nonzero(changes))
        found.append(
            (
                lowest,
                ClassLoss(
                    label,
                    len(before[of]),
                    len(sizes),
                    float(before[of].mean()),
                    float(after[of].mean()),
                    p,
                ),
            )
        )
    shown = _holm(_testable(found, level), level)
    return tuple(sorted(shown, key=lambda loss: loss.after - loss.before))


def plausible_range(
    correct: ArrayLike,
    images_per_group: int = 10,
    correlation: float = 0.8,
    confidence: float = 0.95,
) -> PlausibleRange:
    """Return the intervals of an accuracy under independence and under a plausible grouping.

    For images whose groups are not recorded. The grouped interval is Clopper and Pearson's at the
    effective sample size n / (1 + (m - 1) ICC) (E. L. Korn and B. I. Graubard, Survey Methodology
    24 (1998) 193-201).

    Args:
        correct: images; whether each is classified correctly.
        images_per_group: m, such as the usual number of frames per press.
        correlation: intra-class correlation ICC in [0, 1]. .49 to .75 was measured on the demo's
            predictions; the default is a little above, as it is to bound.
        confidence: two-sided level, in (0, 1).

    Raises:
        ValueError: a value or a parameter is out of range.
    """
    if images_per_group < 1 or not 0 <= correlation <= 1:
        raise ValueError("images_per_group must be at least 1 and correlation in [0, 1]")
    values = _shares(correct)
    tail = _tail(confidence)
    plain = accuracy_interval(values, None, confidence)
    if not len(values):
        return PlausibleRange(plain, plain, images_per_group, correlation)
    share = float(values.mean())
    size = len(values) / (1 + (min(images_per_group, len(values)) - 1) * correlation)
    counts = np.array([[size * share, size * (1 - share)]])
    ends = np.array([[1.0, 0.0]])
    high = upper_bound(ends, counts, 1.0, tail)
    low = 1 - upper_bound(1 - ends, counts, 1.0, tail)
    return PlausibleRange(plain, (float(low[0]), float(high[0])), images_per_group, correlation)


def intraclass_correlation(correct: ArrayLike, groups: ArrayLike) -> float:
    """Return the estimated intra-class correlation of the images of a group, in [0, 1].

    From Kish's design effect, shrunk towards 1: see `PRIOR_GROUPS`.

    Raises:
        ValueError: lengths differ or a value is outside [0, 1].
    """
    values = _shares(correct)
    sums, sizes = _group_sums(values, group_index(groups, len(values)))
    largest = float((sizes**2).sum() / sizes.sum()) if len(sizes) else 1.0
    return 1.0 if largest <= 1 else (_design_effect(sums, sizes) - 1) / (largest - 1)


def effective_sample_size(correct: ArrayLike, groups: ArrayLike | None = None) -> float:
    """Return about how many independent images would tell as much about the accuracy.

    The number of images over Kish's design effect: between the number of groups (of equal size)
    and the number of images. It describes the data; the intervals do not depend on it.

    Raises:
        ValueError: lengths differ or a value is outside [0, 1].
    """
    values = _shares(correct)
    if not len(values):
        return 0.0
    sums, sizes = _group_sums(values, group_index(groups, len(values)))
    return len(values) / _design_effect(sums, sizes)


def group_index(groups: ArrayLike | None, images: int) -> IntArray:
    """Return the number of the group of each image, from 0; one group per image for None.

    Raises:
        ValueError: `groups` does not have one entry per image.
    """
    if groups is None:
        return np.arange(images, dtype=np.int64)
    names = np.asarray(groups)
    if names.shape != (images,):
        raise ValueError(f"groups has shape {names.shape}; expected ({images},), one per image")
    if names.dtype.kind in "iu":
        return np.unique(names, return_inverse=True)[1].astype(np.int64)
    # A dictionary is several times faster than sorting strings.
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(name, len(known)) for name in names.tolist()], np.int64)


# --- many samples at once, as the simulation and the planning need them --------------------------


def accuracy_bounds(
    sums: FloatArray, sizes: FloatArray, tail: float
) -> tuple[FloatArray, FloatArray]:
    """Return the bounds of `accuracy_interval` for many samples.

    Args:
        sums: samples x groups; images classified correctly.
        sizes: groups; images, the same in all samples.
        tail: error of each bound.
    """
    values, weights = _weighted(sums, sizes)
    high = upper_bound(values, weights, 1.0, tail)
    low = 1 - upper_bound(1 - values, weights, 1.0, tail)
    return low, high


def drop_bounds(sums: FloatArray, sizes: FloatArray, tail: float) -> FloatArray:
    """Return the bounds of `drop_bound` for many samples.

    Args:
        sums: samples x groups; images lost minus images gained.
        sizes: groups; images, the same in all samples.
        tail: error of the bound.
    """
    values, weights = _weighted(sums, sizes)
    return upper_bound(values, weights, 1.0, tail)


def drop_p_values(sums: FloatArray, sizes: FloatArray, max_drop: float) -> FloatArray:
    """Return the p-values of `drop_p_value` for many samples; see `drop_bounds` for the shapes."""
    values, weights = _weighted(sums, sizes)
    return bound_p_values(values, weights, max_drop)


def bound_p_values(values: FloatArray, weights: FloatArray, limit: float) -> FloatArray:
    """Return the p-values of "the mean is `limit` or more" for values of at most 1.

    Args:
        values: samples x values.
        weights: of the same shape; how many groups have each value.
        limit: hypothetical mean.
    """
    ones = np.ones((len(values), 1))
    return mean_exceeds(
        np.concatenate([values, ones], axis=1),
        np.concatenate([weights, ones], axis=1),
        np.full(len(values), limit + _ROUNDING),
    )


def sign_flip(sizes: FloatArray, total: float) -> float:
    """Return the probability that whole numbers with random signs add up to `total` or more.

    The distribution of the sum is the product of the cosines of its parts, transformed back.

    Args:
        sizes: the absolute numbers.
        total: any number.
    """
    parts, counts = np.unique(np.rint(sizes[sizes > 0]).astype(np.int64), return_counts=True)
    if not len(parts):
        return 1.0 if total <= 0 else 0.0
    largest = int((parts * counts).sum())
    if total >= largest:
        return float(0.5 ** counts.sum())  # exact where the transform has rounding errors only
    period = 2 * largest + 2
    angle = 2 * np.pi / period * np.arange(largest + 2)
    waves = np.ones(len(angle))
    for part, count in zip(parts.tolist(), counts.tolist(), strict=True):
        waves *= np.cos(angle * part) ** count
    chances = np.fft.irfft(waves, period)  # of 0, 1, ..., largest, then the negative sums
    first = int(np.ceil(total - _ROUNDING))
    upper = chances[first : largest + 1] if first >= 0 else chances[: largest + 1]
    p = float(upper.sum()) + (float(chances[first:].sum()) if first < 0 else 0.0)
    return min(1.0, max(p, float(0.5 ** counts.sum())))


def _weighted(sums: FloatArray, sizes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return values and weights, samples x values; equal ones of a single sample put together."""
    weights = sizes / ((sizes**2).sum() / sizes.sum())
    values = sums / sizes
    if len(values) == 1:
        distinct, place = np.unique(values[0], return_inverse=True)
        counts = np.bincount(place, weights=weights).astype(np.float64)
        return distinct[None], counts[None]
    return values, np.broadcast_to(weights, values.shape)


def drop_sums(
    correct_a: ArrayLike, correct_b: ArrayLike, groups: ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """Return images lost minus gained (1 x groups) and the sizes of the groups."""
    before, after = _shares(correct_a), _shares(correct_b)
    if len(before) != len(after):
        raise ValueError(f"correct_a has {len(before)} images and correct_b {len(after)}")
    sums, sizes = _group_sums(before - after, group_index(groups, len(before)))
    return sums[None], sizes


def _group_sums(values: FloatArray, numbers: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the sum of the values and the number of images of each group that has any."""
    sizes = np.bincount(numbers).astype(np.float64)
    sums = np.bincount(numbers, weights=values).astype(np.float64)
    return sums[sizes > 0], sizes[sizes > 0]


def _design_effect(sums: FloatArray, sizes: FloatArray) -> float:
    """Return the variance of the accuracy relative to that of independent images."""
    images, count = float(sizes.sum()), len(sizes)
    largest = float((sizes**2).sum()) / images
    if count < 2 or largest <= 1:
        return largest
    share = float(sums.sum()) / images
    variance = share * (1 - share)
    between = float(((sums - share * sizes) ** 2).sum()) * count / (count - 1)
    raw = between / (images * variance) if variance > 0 else largest
    seen = count * variance
    raw = min(max(raw, 1.0), largest)
    return (seen * raw + PRIOR_GROUPS * largest) / (seen + PRIOR_GROUPS)


def _testable(found: list[tuple[float, ClassLoss]], level: float) -> list[ClassLoss]:
    """Return the classes of Tarone's procedure: those that could pass among so many."""
    for count in range(1, len(found) + 1):
        able = [loss for lowest, loss in found if lowest <= level / count]
        if len(able) <= count:
            return able
    return [loss for _, loss in found]


def _holm(tested: list[ClassLoss], level: float) -> list[ClassLoss]:
    """Return the losses that Holm's procedure shows, with adjusted p-values."""
    shown: list[ClassLoss] = []
    adjusted = 0.0
    for rank, loss in enumerate(sorted(tested, key=lambda loss: loss.p_value)):
        adjusted = max(adjusted, min(1.0, loss.p_value * (len(tested) - rank)))
        if adjusted > level:
            break
        shown.append(
            ClassLoss(loss.label, loss.images, loss.groups, loss.before, loss.after, adjusted)
        )
    return shown


def _whole(numbers: FloatArray) -> FloatArray:
    whole: FloatArray = np.rint(numbers)
    if np.abs(numbers - whole).max(initial=0.0) > _ROUNDING:
        raise ValueError("this test needs images that are right (1) or wrong (0), not shares")
    return whole


def _shares(correct: ArrayLike) -> FloatArray:
    values = np.asarray(correct, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"expected one value per image, not an array of shape {values.shape}")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("a value is outside [0, 1]; expected right (1), wrong (0) or a share")
    return values


def _tail(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; expected a level in (0, 1)")
    return (1 - confidence) / 2
