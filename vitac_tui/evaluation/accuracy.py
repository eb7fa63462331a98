"""Accuracy with its interval, by image and by vote of the images of a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vitac_tui.evaluation.groups import Groups, independent
from vitac_tui.statistics.intervals import accuracy_interval

NO_PREDICTION = -1  # stands for the output index where the network gave no finite numbers


@dataclass(frozen=True)
class Answers:
    """What a model said of the images of a split, and what they are.

    Attributes:
        labels: output index of each image's class.
        predicted: output index of the best; `NO_PREDICTION` where there is none.
        probability: of the best; NaN where there is none.
        groups: of each image; None where they are not known.
    """

    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probability: NDArray[np.float64]
    groups: Groups | None

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each image is taken for what it is."""
        return np.equal(self.predicted, self.labels)

    @property
    def group_count(self) -> int | None:
        """How many groups there are; None where they are not known."""
        return None if self.groups is None else int(self.groups.max()) + 1


@dataclass(frozen=True)
class Accuracy:
    """A share of right answers in [0, 1], with its 95 % interval."""

    top1: float
    low: float
    high: float
    interval: Literal["exact", "groups"]


def by_image(answers: Answers) -> Accuracy:
    """The share of images that are right."""
    return _accuracy(answers.right, answers.groups)


def by_vote(answers: Answers) -> Accuracy | None:
    """The share of groups whose images, by majority, are right; None where groups are not known.

    Equal numbers of votes are decided by the sum of their probabilities. Where a group holds
    several classes, such as one photo of many cloths, the images of each vote apart.
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
