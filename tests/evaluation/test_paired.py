"""A pruned model compared with the dense model on the same images."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitac_tui.evaluation.accuracy import Predictions
from vitac_tui.evaluation.groups import group_numbers
from vitac_tui.evaluation.paired import compare


def answers(right, labels=None, groups=None):
    """Return predictions that are correct where `right` is true, and 99 elsewhere."""
    right = np.asarray(right, bool)
    labels = np.zeros(len(right), np.int64) if labels is None else np.asarray(labels)
    numbers = None if groups is None else group_numbers([str(group) for group in groups])
    return Predictions(labels, np.where(right, labels, 99), np.ones(len(right)), numbers)


def paired(both, gained, lost, neither):
    before = np.repeat([1, 0, 1, 0], [both, gained, lost, neither])
    after = np.repeat([1, 1, 0, 0], [both, gained, lost, neither])
    return compare(answers(before), answers(after))


@given(st.integers(0, 60), st.integers(0, 60))
def test_without_groups_the_test_is_mcnemar_s_exact_one(gained, lost):
    changed = gained + lost
    tail = sum(comb(changed, k) for k in range(min(gained, lost) + 1)) / 2**changed
    assert paired(5, gained, lost, 5).p == pytest.approx(min(1.0, 2 * tail), rel=1e-6, abs=1e-12)


def test_every_image_is_counted_once():
    found = compare(answers([1, 1, 0, 0, 1]), answers([1, 0, 1, 0, 1]))
    assert (found.both, found.gained, found.lost, found.neither) == (2, 1, 1, 1)
    assert (found.difference, found.p, found.groups) == (0, 1.0, None)
    assert found.low == pytest.approx(-found.high)


def test_nothing_is_known_of_no_images():
    found = compare(answers([]), answers([]))
    assert np.isnan(found.difference)
    assert (found.low, found.high, found.lost_classes) == (-1, 1, ())
    assert not found.rules_out(0.5)
    assert found.needed(0.01) is None


PAIRS = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 5)), min_size=1)


@given(PAIRS)
def test_the_difference_lies_within_its_interval(rows):
    before, after, groups = zip(*rows, strict=True)
    found = compare(answers(before, groups=groups), answers(after, groups=groups))
    assert -1 <= found.low <= found.difference + 1e-9
    assert found.difference - 1e-9 <= found.high <= 1


def test_losses_concentrated_in_one_group_are_weaker_evidence():
    groups = np.repeat(np.arange(10), 50)
    whole = compare(answers(np.ones(500), groups=groups), answers(groups > 0, groups=groups))
    spread = compare(
        answers(np.ones(500), groups=groups), answers(np.arange(500) % 10 > 0, groups=groups)
    )
    assert whole.groups == spread.groups == 10
    assert whole.difference == spread.difference
    assert whole.low < spread.low
    assert (whole.p, spread.p) == (1.0, pytest.approx(2 / 2**10))


def test_a_drop_is_ruled_out_exactly_where_the_interval_does():
    for lost in range(0, 30, 3):
        found = paired(960 - lost, 0, lost, 40)
        for limit in (0.005, 0.01, 0.02, 0.04):
            assert found.rules_out(limit) == (-found.low <= limit)


def test_a_hundred_images_never_rule_out_a_drop_of_one_percentage_point():
    assert not any(paired(right, 0, 0, 100 - right).rules_out(0.01) for right in range(101))
    assert paired(400, 0, 0, 0).rules_out(0.01)


def test_eight_groups_never_rule_out_what_one_of_them_could_hide():
    groups = np.repeat(np.arange(8), 100)
    same = answers(np.ones(800), groups=groups)
    assert not compare(same, same).rules_out(0.3)
    assert compare(same, same).rules_out(0.4)


def test_more_groups_are_needed_if_losses_are_concentrated_in_groups():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 10)
    dense = answers(np.ones(400), groups=groups)
    single = compare(dense, answers(rng.random(400) > 0.02, groups=groups)).needed(0.1)
    whole = compare(dense, answers(groups != 3, groups=groups)).needed(0.1)
    assert single is not None
    assert whole is not None
    assert single.groups < whole.groups


def test_classes_that_are_shown_to_be_lost_are_named_worst_first():
    labels = np.repeat([7, 8, 9, 10], 10)
    after = np.ones(40, bool)
    after[0:8] = False  # class 7: 10 to 2
    after[10:20] = False  # class 8: 10 to 0
    after[20:22] = False  # class 9: 10 to 8, which happens by chance
    found = compare(answers(np.ones(40), labels), answers(after, labels)).lost_classes
    assert [(item.label, item.images, item.before, item.after) for item in found] == [
        (8, 10, 1.0, 0.0),
        (7, 10, 1.0, 0.2),
    ]


def test_two_presses_of_a_class_show_nothing():
    labels, groups = np.repeat([0, 1], 6), np.repeat(np.arange(4), 3)
    found = compare(answers(np.ones(12), labels, groups), answers(labels > 0, labels, groups))
    assert found.lost_classes == ()


def test_a_class_may_be_lost_while_the_average_rises():
    labels = np.repeat([0, 1], [10, 90])
    before = np.concatenate([np.ones(10), np.zeros(20), np.ones(70)]).astype(bool)
    after = np.concatenate([np.zeros(10), np.ones(90)]).astype(bool)
    found = compare(answers(before, labels), answers(after, labels))
    assert found.difference > 0
    assert [item.label for item in found.lost_classes] == [0]
