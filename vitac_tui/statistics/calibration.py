"""Calibration of a classifier's probabilities, and what it gains by abstaining.

Sources:
    M. P. Naeini, G. F. Cooper and M. Hauskrecht, AAAI 2015: expected calibration error.
    J. Broecker and L. A. Smith, Weather and Forecasting 22 (2007) 651-661: reliability diagrams.
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, ICML 2017: temperature scaling.
    G. W. Brier, Monthly Weather Review 78 (1950) 1-3: the score.
    Y. Geifman and R. El-Yaniv, NeurIPS 2017: selective classification, risk against coverage.
    B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), ch. 10: bias.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vitac_tui.statistics.intervals import accuracy_interval, group_index

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BINS = 15  # Guo et al.; bins of equally many images, so that none is empty
RESAMPLES = 2000
_SEED = 20240601  # equal data give equal numbers
_LEAST_TEMPERATURE, _MOST_TEMPERATURE = 0.05, 20.0


@dataclass(frozen=True)
class ReliabilityBin:
    """Images of similar confidence; shares in [0, 1].

    Attributes:
        images: how many.
        confidence: their mean confidence.
        accuracy: their accuracy, with its 95 % interval `low` to `high`.
    """

    images: int
    confidence: float
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class CalibrationError:
    """The expected calibration error, as a share.

    Attributes:
        observed: mean distance of accuracy and confidence over bins; chance alone makes it
            positive.
        corrected: less the bias of the bootstrap, at least 0.
        low: lower end of the 95 % interval; `high` the upper one.
        by_chance: what a perfectly calibrated model would show on average on such groups.
    """

    observed: float
    corrected: float
    low: float
    high: float
    by_chance: float


@dataclass(frozen=True)
class SelectiveAccuracy:
    """Accuracy on the images that the model is most confident about.

    Attributes:
        coverage: share of images answered, ascending to 1.
        accuracy: on those; of the same length.
        threshold: least confidence among them.
        area: mean error over all coverages (AURC); lower is better.
    """

    coverage: FloatArray
    accuracy: FloatArray
    threshold: FloatArray
    area: float


def reliability_curve(
    confidence: ArrayLike,
    correct: ArrayLike,
    groups: ArrayLike | None = None,
    bins: int = BINS,
) -> tuple[ReliabilityBin, ...]:
    """Return accuracy against confidence, in bins of equally many images.

    Args:
        confidence: images; probability of the predicted class.
        correct: images; whether the prediction is right.
        groups: images; the group of each. None takes the images as independent.
        bins: how many; equal confidences share one, so there may be fewer.

    Raises:
        ValueError: lengths differ, there are no images, or a value is outside [0, 1].
    """
    sure, right, numbers = _checked(confidence, correct, groups)
    place = _bins(sure, bins)
    curve = []
    for number in range(int(place.max()) + 1):
        of = place == number
        low, high = accuracy_interval(right[of], numbers[of])
        curve.append(
            ReliabilityBin(
                int(of.sum()), float(sure[of].mean()), float(right[of].mean()), low, high
            )
        )
    return tuple(curve)


def expected_calibration_error(
    confidence: ArrayLike,
    correct: ArrayLike,
    groups: ArrayLike | None = None,
    bins: int = BINS,
    level: float = 0.95,
) -> CalibrationError:
    """Return the expected calibration error with its interval from the bootstrap over groups.

    The observed error is too large on average, as distances do not cancel. Its upper bound is
    therefore not corrected for bias. The lower bound is the observed error less what chance alone
    makes (the triangle inequality): it is 0 where a calibrated model could show as much.

    Args:
        confidence: images; probability of the predicted class.
        correct: images; whether the prediction is right.
        groups: images; the group of each. None takes the images as independent.
        bins: how many bins of equally many images.
        level: of the interval, in (0, 1).

    Raises:
        ValueError: lengths differ, there are no images, or a value is outside [0, 1].
    """
    sure, right, numbers = _checked(confidence, correct, groups)
    place = _bins(sure, bins)
    count, groups_seen = int(place.max()) + 1, int(numbers.max()) + 1
    cells = numbers * count + place
    gaps = np.bincount(cells, right - sure, groups_seen * count).reshape(groups_seen, count)
    sizes = np.bincount(numbers, minlength=groups_seen).astype(np.float64)
    observed = float(np.abs(gaps.sum(axis=0)).sum() / sizes.sum())
    rng = np.random.default_rng(_SEED)
    drawn = rng.multinomial(groups_seen, np.full(groups_seen, 1 / groups_seen), RESAMPLES)
    resampled = np.abs(drawn @ gaps).sum(axis=1) / (drawn @ sizes)
    bias = float(resampled.mean()) - observed
    upper = (1 + level) / 2
    # The same resamples about the observed gaps: what chance alone makes of a calibrated model.
    weights = (drawn @ sizes)[:, None]
    chance = np.abs(drawn @ gaps / weights - gaps.sum(axis=0) / sizes.sum()).sum(axis=1)
    low = max(observed - float(np.quantile(chance, upper)), 0.0)
    high = min(observed + float(np.quantile(resampled, upper) - resampled.mean()), 1.0)
    return CalibrationError(
        observed, min(max(observed - bias, 0.0), observed), low, high, float(chance.mean())
    )


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """Return the temperature that minimises the negative log-likelihood on validation.

    Divide logits by it before the softmax. Above 1: the model was too confident. The likelihood is
    concave in the inverse temperature, so Newton's method finds the optimum. Logarithms of
    probabilities serve as logits.

    Args:
        logits: images x classes.
        labels: images; the class of each.

    Returns:
        Temperature between .05 and 20; at an end if all images are right (or worse than chance).

    Raises:
        ValueError: the shapes do not match, or a logit is not finite.
    """
    scores, truth = np.asarray(logits, np.float64), np.asarray(labels, np.int64)
    if scores.ndim != 2 or truth.shape != scores.shape[:1] or not len(truth):
        raise ValueError(f"logits of shape {scores.shape} do not match labels {truth.shape}")
    if not np.isfinite(scores).all():
        raise ValueError("a logit is not finite; clip probabilities before taking logarithms")
    scores = scores - scores.max(axis=1, keepdims=True)
    target = scores[np.arange(len(truth)), truth].mean()
    low, high = 1 / _MOST_TEMPERATURE, 1 / _LEAST_TEMPERATURE
    inverse = 1.0
    for _ in range(100):
        share = softmax(scores * inverse)
        mean = (share * scores).sum(axis=1)
        slope = float(mean.mean() - target)  # of the negative log-likelihood
        low, high = (low, inverse) if slope > 0 else (inverse, high)
        curvature = float(((share * scores**2).sum(axis=1) - mean**2).mean())
        new = inverse - slope / curvature if curvature > 0 else low
        new = new if low < new < high else (low + high) / 2
        if abs(new - inverse) < 1e-10 * inverse:
            break
        inverse = new
    return 1 / inverse


def softmax(logits: FloatArray) -> FloatArray:
    """Return probabilities from logits (images x classes)."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: FloatArray = raised / raised.sum(axis=1, keepdims=True)
    return shares


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean squared distance of the probabilities from the truth, in [0, 2].

    Args:
        probabilities: images x classes.
        labels: images; the class of each.

    Raises:
        ValueError: the shapes do not match, or there are no images.
    """
    shares, truth = np.asarray(probabilities, np.float64), np.asarray(labels, np.int64)
    if shares.ndim != 2 or truth.shape != shares.shape[:1] or not len(truth):
        raise ValueError(f"probabilities {shares.shape} do not match labels {truth.shape}")
    of_truth = shares[np.arange(len(truth)), truth]
    return float(((shares**2).sum(axis=1) - 2 * of_truth + 1).mean())


def selective_accuracy(confidence: ArrayLike, correct: ArrayLike) -> SelectiveAccuracy:
    """Return the accuracy on the most confident images, for every share of images answered.

    Images of equal confidence are answered together.

    Args:
        confidence: images; probability of the predicted class.
        correct: images; whether the prediction is right.

    Raises:
        ValueError: lengths differ, there are no images, or a value is outside [0, 1].
    """
    sure, right, _ = _checked(confidence, correct, None)
    order = np.argsort(-sure, kind="stable")
    sure, right = sure[order], right[order]
    last = np.append(np.flatnonzero(np.diff(sure)), len(sure) - 1)
    answered = last + 1.0
    accuracy = np.cumsum(right)[last] / answered
    steps = np.diff(answered, prepend=0.0) / len(sure)
    return SelectiveAccuracy(
        answered / len(sure), accuracy, sure[last], float(((1 - accuracy) * steps).sum())
    )


def _bins(sure: FloatArray, bins: int) -> IntArray:
    """Return the bin of each image, from 0; bins hold about equally many images."""
    if bins < 1:
        raise ValueError("bins must be at least 1")
    edges = np.unique(np.quantile(sure, np.arange(1, bins) / bins))
    found = np.searchsorted(edges, sure, side="left")
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _checked(
    confidence: ArrayLike, correct: ArrayLike, groups: ArrayLike | None
) -> tuple[FloatArray, FloatArray, IntArray]:
    sure, right = np.asarray(confidence, np.float64), np.asarray(correct, np.float64)
    if sure.ndim != 1 or sure.shape != right.shape or not len(sure):
        raise ValueError(
            f"confidence {sure.shape} and correct {right.shape} must be one value per image"
        )
    if not (((sure >= 0) & (sure <= 1)).all() and ((right >= 0) & (right <= 1)).all()):
        raise ValueError("a value is outside [0, 1]")
    return sure, right, group_index(groups, len(sure))
