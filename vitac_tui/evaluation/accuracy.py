"""Image-level accuracy and accuracy by majority vote per group, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vitac_tui.evaluation.groups import Groups, independent
from vitac_tui.statistics.intervals import accuracy_interval

NO_PREDICTION = -1  # output index of an image whose logits are not finite


@dataclass(frozen=True)
class Predictions:
    """The predictions of a model for the images of a split, with their labels.

    Attributes:
        labels: output index of each image's class.
        predicted: output index of the most probable class; `NO_PREDICTION` if there is none.
        probability: of that class; NaN if there is none.
        groups: group number of each image; None if unknown.
    """

    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probability: NDArray[np.float64]
    groups: Groups | None

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each image is classified correctly."""
        return np.equal(self.predicted, self.labels)

    @property
    def group_count(self) -> int | None:
        """The number of groups; None if unknown."""
        return None if self.groups is None else int(self.groups.max()) + 1


@dataclass(frozen=True)
class Accuracy:
    """The fraction of correct predictions, in [0, 1], with its 95 % interval."""

    top1: float
    low: float
    high: float
    interval: Literal["exact", "groups"]


def image_accuracy(answers: Predictions) -> Accuracy:
    """Return the fraction of images that are classified correctly."""
    return _accuracy(answers.right, answers.groups)


def vote_accuracy(answers: Predictions) -> Accuracy | None:
    """Return the accuracy of the majority vote per group; None if groups are unknown.

    Ties are broken by the summed probability. If a group contains several classes, such as one
    photo of many cloths, the images of each class vote separately.
    """
    if answers.groups is None:
        return None
    pairs = np.stack([answers.groups, answers.labels], axis=1)
    units, unit = np.unique(pairs, axis=0, return_inverse=True)
    unit = unit.reshape(-1)
    voters = answers.predicted != NO_PREDICTION
    ballots = np.stack([unit[voters], answers.predicted[voters]], axis=1)
    choices, ballot, votes = np.unique(ballots, axis=0, return_inverse=True, return_counts=True)
    sums = np.bincount(
        ballot.reshape(-1), weights=answers.probability[voters], minlength=len(choices)
    )
    order = np.lexsort((-sums, -votes, choices[:, 0]))
    voted, first = np.unique(choices[order, 0], return_index=True)
    winner = np.full(len(units), NO_PREDICTION, np.int64)
    winner[voted] = choices[order, 1][first]
    return _accuracy(winner == units[:, 1], units[:, 0])


def _accuracy(right: NDArray[np.bool_], groups: Groups | None) -> Accuracy:
    share = float(right.mean()) if len(right) else float("nan")
    low, high = accuracy_interval(right, groups)
    return Accuracy(share, low, high, "exact" if independent(groups) else "groups")
