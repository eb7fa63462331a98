"""Image-level and majority-vote accuracy, with intervals that account for groups."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from vitac_tui.evaluation.accuracy import NO_PREDICTION, Predictions, image_accuracy, vote_accuracy
from vitac_tui.evaluation.groups import group_numbers


def exact(correct, images):
    """Return the Clopper-Pearson interval."""
    found = binomtest(correct, images).proportion_ci(method="exact")
    return pytest.approx((found.low, found.high), abs=1e-6)


def answers(labels, predicted, groups=None, probability=None):
    labels, predicted = np.asarray(labels, np.int64), np.asarray(predicted, np.int64)
    if probability is None:
        probability = np.full(len(labels), 0.5)
    numbers = group_numbers(groups) if groups is not None else None
    return Predictions(labels, predicted, np.asarray(probability, np.float64), numbers)


def test_groups_are_known_where_two_images_share_one():
    assert group_numbers(["a", "b", "a", "", ""]).tolist() == [0, 1, 0, 2, 3]
    assert group_numbers(["a", "b", "", ""]) is None
    assert group_numbers([]) is None


def test_without_groups_the_interval_is_the_exact_one_of_independent_images():
    found = image_accuracy(answers([0, 1, 2, 0], [0, 1, 2, 1]))
    assert found.top1 == 0.75
    assert (found.low, found.high) == exact(3, 4)
    assert found.interval == "exact"
    assert vote_accuracy(answers([0, 1], [0, 1])) is None


def test_nothing_is_known_of_no_images():
    found = image_accuracy(answers([], []))
    assert math.isnan(found.top1)
    assert (found.low, found.high) == (0, 1)


def test_groups_widen_the_interval():
    """Twenty presses of fifty frames each, all right or all wrong, count as twenty samples."""
    groups = np.repeat(np.arange(20), 50)
    right = groups % 4 > 0
    found = image_accuracy(answers(np.ones(1000), right, [f"press{g}" for g in groups]))
    assert found.interval == "groups"
    assert (found.low, found.high) == exact(15, 20)


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 3), st.integers(0, 6)), min_size=1)


@given(ROWS)
def test_every_accuracy_lies_within_its_interval(rows):
    labels, predicted, groups = zip(*rows, strict=True)
    found = answers(labels, predicted, [f"g{g}" for g in groups])
    for accuracy in filter(None, (image_accuracy(found), vote_accuracy(found))):
        assert 0 <= accuracy.low <= accuracy.top1 <= accuracy.high <= 1


def reference_vote(labels, predicted, groups, probability):
    """Return the vote accuracy, counted naively; ties go to the larger summed probability."""
    ballots = {}
    for label, guess, group, sure in zip(labels, predicted, groups, probability, strict=True):
        box = ballots.setdefault((group, label), {})
        if guess != NO_PREDICTION:
            votes, total = box.get(guess, (0, 0.0))
            box[guess] = (votes + 1, total + sure)
    won = [
        max(box, key=lambda guess: (*box[guess], -guess)) == label if box else False
        for (_, label), box in ballots.items()
    ]
    return sum(won) / len(won)


@given(ROWS, st.randoms(use_true_random=False))
def test_votes_are_counted_as_by_hand(rows, random):
    labels, predicted, groups = zip(*rows, strict=True)
    probability = [random.choice([0.25, 0.5, 1.0]) for _ in rows]
    found = vote_accuracy(answers(labels, predicted, [f"g{g}" for g in groups], probability))
    if found is not None:
        assert found.top1 == pytest.approx(reference_vote(labels, predicted, groups, probability))


def test_a_vote_of_separate_groups_has_the_exact_interval_over_groups():
    groups = [g for g in "abcd" for _ in range(3)]
    found = vote_accuracy(answers([0] * 12, [0, 0, 1] * 3 + [1, 1, 0], groups))
    assert found.top1 == 0.75
    assert (found.low, found.high) == exact(3, 4)
    assert found.interval == "exact"


def test_equal_votes_are_decided_by_probability_and_a_missing_prediction_is_wrong():
    tie = answers([0, 0], [1, 0], ["a", "a"], [0.4, 0.9])
    assert vote_accuracy(tie).top1 == 1
    silent = answers([0, 0], [NO_PREDICTION] * 2, ["a", "a"], [math.nan] * 2)
    assert vote_accuracy(silent).top1 == 0


def test_a_group_of_several_classes_votes_separately_for_each():
    found = vote_accuracy(answers([0, 0, 1, 1], [0, 0, 0, 0], ["a"] * 4))
    assert found.top1 == 0.5
    assert found.interval == "groups"
