"""Results over folds and seeds: pooled, split into their sources, and compared.

Folds share training images, and seeds share test images. Neither are independent repetitions, so
a t-test over them finds differences that are not there.

Sources:
    C. Nadeau and Y. Bengio, Machine Learning 52 (2003) 239-281: corrected resampled t-test.
    S. R. Searle, G. Casella and C. E. McCulloch, "Variance Components" (1992), ch. 4: analysis of
    variance of a crossed design.
    F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110-114: degrees of freedom of a sum.
    X. Bouthillier et al., MLSys 2021: sources of variance of a benchmark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from vitac_tui.statistics.intervals import accuracy_interval, group_index

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Pooled:
    """Accuracy over all folds; shares in [0, 1].

    Attributes:
        accuracy: of all images, each judged by the model that was not trained on its group.
        low: lower end of the interval over groups; `high` the upper one.
        images: how many; `groups` in how many groups.
        per_fold: accuracy of each fold.
    """

    accuracy: float
    low: float
    high: float
    images: int
    groups: int
    per_fold: tuple[float, ...]


@dataclass(frozen=True)
class VarianceShares:
    """Where the variance of a mean over seeds and groups comes from; squares of shares.

    Attributes:
        seeds: part that more seeds would reduce.
        data: part that more groups would reduce.
        both: part that either would reduce (seeds differ on groups, and noise).
        error: standard error of the mean, from all three.
    """

    seeds: float
    data: float
    both: float
    error: float


@dataclass(frozen=True)
class Comparison:
    """The mean difference of two models, b minus a, with its interval and p-value."""

    difference: float
    low: float
    high: float
    p_value: float
    degrees: float


def pool_folds(
    correct: Sequence[ArrayLike],
    groups: Sequence[ArrayLike] | None = None,
    confidence: float = 0.95,
) -> Pooled:
    """Return the accuracy over all held-out images of a cross-validation.

    The interval treats the models of the folds as one; what varies is the groups.

    Args:
        correct: one array of images per fold; right or wrong, or the mean over seeds.
        groups: the group of each image, fold by fold. None takes the images as independent.
        confidence: two-sided level, in (0, 1).

    Raises:
        ValueError: lengths differ, there are no images, or a group is held out in two folds.
    """
    parts = [np.asarray(part, np.float64) for part in correct]
    values = np.concatenate(parts) if parts else np.empty(0)
    if not len(values):
        raise ValueError("there are no images to pool")
    names = None if groups is None else np.concatenate([np.asarray(part) for part in groups])
    numbers = group_index(names, len(values))
    fold = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    if len(np.unique(np.stack([numbers, fold]), axis=1).T) > len(np.unique(numbers)):
        raise ValueError("a group is held out in two folds; folds must not share groups")
    low, high = accuracy_interval(values, numbers, confidence)
    per_fold = tuple(float(part.mean()) if len(part) else float("nan") for part in parts)
    return Pooled(float(values.mean()), low, high, len(values), len(np.unique(numbers)), per_fold)


def variance_shares(correct: ArrayLike, groups: ArrayLike | None = None) -> VarianceShares:
    """Return how much of the variance of the mean accuracy is due to seeds and to data.

    Analysis of variance of the crossed design seeds x groups; negative estimates become 0.

    Args:
        correct: seeds x images (at least two of each); the same images for every seed.
        groups: images; the group of each. None takes the images as independent.

    Raises:
        ValueError: there are fewer than two seeds or groups, or lengths differ.
    """
    by_seed, by_group, residual, seeds, count, _ = _mean_squares(correct, groups)
    of_seeds = max(by_seed - residual, 0.0) / (seeds * count)
    of_data = max(by_group - residual, 0.0) / (seeds * count)
    of_both = residual / (seeds * count)
    return VarianceShares(of_seeds, of_data, of_both, sqrt(of_seeds + of_data + of_both))


def compare_over_seeds(
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    groups: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Comparison:
    """Return the comparison of two models trained with several seeds, on the same images.

    Seeds and groups are both taken as random, so the result speaks about new seeds and new groups.
    Student's t with Satterthwaite's degrees of freedom. Out-of-fold answers of a grouped
    cross-validation may be given as one row per seed.

    Args:
        correct_a: seeds x images; whether model a is right.
        correct_b: the same for model b; row i belongs with row i of a, such as the same folds.
        groups: images; the group of each. None takes the images as independent.
        confidence: two-sided level, in (0, 1).

    Raises:
        ValueError: shapes differ, or there are fewer than two seeds or groups.
    """
    a, b = np.asarray(correct_a, np.float64), np.asarray(correct_b, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"correct_a {a.shape} and correct_b {b.shape} differ in shape")
    by_seed, by_group, residual, seeds, count, mean = _mean_squares(b - a, groups)
    cells = seeds * count
    # The residual is counted once; where it exceeds a source, that source is taken to be nothing.
    sources = [(max(by_seed, residual), seeds - 1), (max(by_group, residual), count - 1)]
    variance = max(sum(square for square, _ in sources) - residual, 0.0) / cells
    if variance <= 0:
        return Comparison(mean, mean, mean, 1.0 if mean == 0 else 0.0, float("inf"))
    parts = [*sources, (residual, (seeds - 1) * (count - 1))]
    degrees = (variance * cells) ** 2 / sum(square**2 / free for square, free in parts)
    # Not below the smaller design, which it would be if only that source mattered.
    degrees = max(degrees, float(min(seeds, count) - 1))
    return _student(mean, sqrt(variance), degrees, confidence)


def corrected_resampled_t(
    scores_a: ArrayLike, scores_b: ArrayLike, test_fraction: float, confidence: float = 0.95
) -> Comparison:
    """Return Nadeau and Bengio's comparison of two models over repeated splits or folds.

    The variance of the mean is `(1 / J + n_test / n_train) s^2` instead of `s^2 / J`: the J
    training sets overlap.

    Args:
        scores_a: J scores of model a, one per split (and repetition).
        scores_b: the scores of model b on the same splits.
        test_fraction: share of the groups that is held out in each split; 1 / k for k folds.
        confidence: two-sided level, in (0, 1).

    Raises:
        ValueError: lengths differ, there are fewer than two splits, or the share is out of range.
    """
    a, b = np.asarray(scores_a, np.float64), np.asarray(scores_b, np.float64)
    if a.ndim != 1 or a.shape != b.shape or len(a) < 2:
        raise ValueError(f"expected two equally long lists of scores, not {a.shape} and {b.shape}")
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction is {test_fraction}; expected a share in (0, 1)")
    change = b - a
    mean, variance = float(change.mean()), float(change.var(ddof=1))
    error = sqrt((1 / len(a) + test_fraction / (1 - test_fraction)) * variance)
    if error <= 0:
        return Comparison(mean, mean, mean, 1.0 if mean == 0 else 0.0, len(a) - 1.0)
    return _student(mean, error, len(a) - 1.0, confidence)


def _student(mean: float, error: float, degrees: float, confidence: float) -> Comparison:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; expected a level in (0, 1)")
    arm = float(stdtrit(degrees, (1 + confidence) / 2)) * error
    p = 2 * float(stdtr(degrees, -abs(mean) / error))
    return Comparison(mean, mean - arm, mean + arm, p, degrees)


def _mean_squares(
    values: ArrayLike, groups: ArrayLike | None
) -> tuple[float, float, float, int, int, float]:
    """Return the mean squares of seeds, groups and residual, both counts, and the mean.

    Groups of unequal size are scaled so that the mean over cells is the mean over images.
    """
    table = np.asarray(values, np.float64)
    if table.ndim != 2:
        raise ValueError(f"expected seeds x images, not an array of shape {table.shape}")
    numbers = group_index(groups, table.shape[1])
    count, seeds = int(numbers.max(initial=-1)) + 1, len(table)
    if seeds < 2 or count < 2:
        raise ValueError("at least two seeds and two groups are needed")
    sizes = np.bincount(numbers).astype(np.float64)
    mean = float(table.mean())
    sums = np.stack([np.bincount(numbers, weights=row, minlength=count) for row in table])
    # Linearised: deviations of the group sums, so that unequal sizes do not bias the mean.
    cells = mean + (sums - mean * sizes) * count / sizes.sum()
    of_seeds, of_groups = cells.mean(axis=1), cells.mean(axis=0)
    by_seed = count * float(((of_seeds - mean) ** 2).sum()) / (seeds - 1)
    by_group = seeds * float(((of_groups - mean) ** 2).sum()) / (count - 1)
    rest = cells - of_seeds[:, None] - of_groups[None] + mean
    residual = float((rest**2).sum()) / ((seeds - 1) * (count - 1))
    return by_seed, by_group, residual, seeds, count, mean
