"""Accuracy by image and by vote, and intervals that know of near copies."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitac_tui.evaluation.accuracy import NO_PREDICTION, Answers, by_image, by_vote
from vitac_tui.evaluation.intervals import wilson
from vitac_tui.evaluation.resampling import MOST_GROUPS, bootstrap, group_numbers


def answers(labels, predicted, groups=None, probability=None):
    labels, predicted = np.asarray(labels, np.int64), np.asarray(predicted, np.int64)
    if probability is None:
        probability = np.full(len(labels), 0.5)
    numbers = group_numbers(groups) if groups is not None else None
    return Answers(labels, predicted, np.asarray(probability, np.float64), numbers)


def test_groups_are_known_where_two_images_share_one():
    assert group_numbers(["a", "b", "a", "", ""]).tolist() == [0, 1, 0, 2, 3]
    assert group_numbers(["a", "b", "", ""]) is None
    assert group_numbers([]) is None


def test_without_groups_the_interval_is_wilson_s_by_image():
    found = by_image(answers([0, 1, 2, 0], [0, 1, 2, 1]))
    assert (found.top1, found.low, found.high) == (0.75, *wilson(3, 4))
    assert found.interval == "wilson"
    assert by_vote(answers([0, 1], [0, 1])) is None


def test_nothing_is_known_of_no_images():
    found = by_image(answers([], []))
    assert math.isnan(found.top1)
    assert (found.low, found.high) == (0, 1)


def test_near_copies_widen_the_interval():
    """Twenty presses of fifty frames, each wholly right or wrong, tell of twenty presses."""
    groups = np.repeat(np.arange(20), 50)
    right = groups % 4 > 0
    found = by_image(answers(np.ones(1000), right, [f"press{g}" for g in groups]))
    assert found.interval == "group bootstrap"
    by_group = wilson(15, 20)
    assert (found.low, found.high) == pytest.approx(by_group, abs=0.07)
    by_frame = wilson(750, 1000)
    assert found.high - found.low > 5 * (by_frame[1] - by_frame[0])


def test_the_bootstrap_is_that_of_the_book():
    """Against drawing whole groups one resample after the other."""
    rng = np.random.default_rng(3)
    groups = np.unique(rng.integers(0, 30, 300), return_inverse=True)[1]
    values = (rng.random(300) < rng.random(30)[groups]).astype(np.int64)
    means = []
    for _ in range(2000):
        drawn = np.concatenate([values[groups == g] for g in rng.integers(0, 30, 30)])
        means.append(drawn.mean())
    expected = np.quantile(means, (0.025, 0.975))
    assert bootstrap(values, groups) == pytest.approx(expected, abs=0.015)


def test_many_groups_are_pooled_and_cost_little():
    rng = np.random.default_rng(4)
    groups = np.unique(rng.integers(0, 5 * MOST_GROUPS, 50_000), return_inverse=True)[1]
    values = rng.integers(0, 2, 50_000)
    bootstrap(values, groups)
    began = time.perf_counter()
    low, high = bootstrap(values, groups)
    assert time.perf_counter() - began < 0.1
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / 50_000**0.5, rel=0.15)
    assert (low, high) == bootstrap(values, groups)


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 3), st.integers(0, 6)), min_size=1)


@given(ROWS)
def test_every_accuracy_lies_within_its_interval(rows):
    labels, predicted, groups = zip(*rows, strict=True)
    said = answers(labels, predicted, [f"g{g}" for g in groups])
    for found in filter(None, (by_image(said), by_vote(said))):
        assert 0 <= found.low <= found.top1 <= found.high <= 1
    frames = by_image(said)
    low, high = wilson(int(said.right.sum()), len(labels))
    assert frames.low <= low
    assert high <= frames.high


def reference_vote(labels, predicted, groups, probability):
    """By hand: the label most often said of a group's images, then the one said most surely."""
    ballots = {}
    for label, said, group, sure in zip(labels, predicted, groups, probability, strict=True):
        box = ballots.setdefault((group, label), {})
        if said != NO_PREDICTION:
            votes, total = box.get(said, (0, 0.0))
            box[said] = (votes + 1, total + sure)
    won = [
        max(box, key=lambda said: (*box[said], -said)) == label if box else False
        for (_, label), box in ballots.items()
    ]
    return sum(won) / len(won)


@given(ROWS, st.randoms(use_true_random=False))
def test_votes_are_counted_as_by_hand(rows, random):
    labels, predicted, groups = zip(*rows, strict=True)
    probability = [random.choice([0.25, 0.5, 1.0]) for _ in rows]
    found = by_vote(answers(labels, predicted, [f"g{g}" for g in groups], probability))
    if found is not None:
        assert found.top1 == pytest.approx(reference_vote(labels, predicted, groups, probability))


def test_a_vote_of_separate_groups_has_wilson_s_interval_over_groups():
    groups = [g for g in "abcd" for _ in range(3)]
    found = by_vote(answers([0] * 12, [0, 0, 1] * 3 + [1, 1, 0], groups))
    assert (found.top1, found.low, found.high) == (0.75, *wilson(3, 4))
    assert found.interval == "wilson"


def test_equal_votes_are_decided_by_probability_and_silence_is_wrong():
    tie = answers([0, 0], [1, 0], ["a", "a"], [0.4, 0.9])
    assert by_vote(tie).top1 == 1
    silent = answers([0, 0], [NO_PREDICTION] * 2, ["a", "a"], [math.nan] * 2)
    assert by_vote(silent).top1 == 0


def test_a_group_of_several_classes_votes_for_each_apart():
    found = by_vote(answers([0, 0, 1, 1], [0, 0, 0, 0], ["a"] * 4))
    assert found.top1 == 0.5
    assert found.interval == "group bootstrap"
