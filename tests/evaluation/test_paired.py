"""A pruned model against the dense one on the same images."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitac_tui.evaluation.accuracy import Answers
from vitac_tui.evaluation.intervals import newcombe
from vitac_tui.evaluation.paired import Paired, compare, images_to_settle, mcnemar, shown
from vitac_tui.evaluation.resampling import group_numbers


def answers(right, labels=None, groups=None):
    """A model that is right where it says, and says 99 elsewhere."""
    right = np.asarray(right, bool)
    labels = np.zeros(len(right), np.int64) if labels is None else np.asarray(labels)
    numbers = None if groups is None else group_numbers([str(group) for group in groups])
    return Answers(labels, np.where(right, labels, 99), np.ones(len(right)), numbers)


def paired(both, gained, lost, neither):
    return Paired(
        both, gained, lost, neither, *newcombe(both, gained, lost, neither), design_effect=1.0
    )


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_exact_binomial(gained, lost):
    changed = gained + lost
    tail = sum(comb(changed, k) for k in range(min(gained, lost) + 1)) / 2**changed
    assert mcnemar(gained, lost) == pytest.approx(min(1.0, 2 * tail), rel=1e-9)


def test_mcnemar_of_many_changes_is_still_a_probability():
    assert mcnemar(50_000, 50_000) == 1.0
    assert mcnemar(0, 100_000) == 0.0
    assert mcnemar(50_300, 49_700) == pytest.approx(0.0580, abs=1e-3)  # normal: z = 599 / 316.2


def test_every_image_is_counted_once():
    found = compare(answers([1, 1, 0, 0, 1]), answers([1, 0, 1, 0, 1]))
    assert (found.both, found.gained, found.lost, found.neither) == (2, 1, 1, 1)
    assert found.difference == 0
    assert (found.low, found.high) == newcombe(2, 1, 1, 1)
    assert (found.p, found.design_effect) == (1.0, 1.0)


def test_nothing_is_known_of_no_images():
    found = compare(answers([]), answers([]))
    assert np.isnan(found.difference)
    assert (found.low, found.high, found.lost_classes) == (-1, 1, ())
    assert images_to_settle(found, 0.01) is None


PAIRS = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 5)), min_size=1)


@given(PAIRS)
def test_groups_never_make_the_interval_narrower(rows):
    before, after, groups = zip(*rows, strict=True)
    found = compare(answers(before, groups=groups), answers(after, groups=groups))
    assert -1 <= found.low <= found.difference <= found.high <= 1
    low, high = newcombe(found.both, found.gained, found.lost, found.neither)
    assert found.low <= low
    assert high <= found.high
    assert found.design_effect >= 1


def test_losses_that_come_by_the_press_tell_less():
    groups = np.repeat(np.arange(10), 50)
    whole = compare(answers(np.ones(500), groups=groups), answers(groups > 0, groups=groups))
    spread = compare(
        answers(np.ones(500), groups=groups), answers(np.arange(500) % 10 > 0, groups=groups)
    )
    assert whole.difference == spread.difference
    assert whole.low < spread.low
    assert whole.design_effect > 5 > spread.design_effect


def test_a_hundred_images_never_show_one_point():
    assert not shown(paired(100, 0, 0, 0), 0.01)
    assert all(not shown(paired(right, 0, 0, 100 - right), 0.01) for right in range(101))
    assert shown(paired(400, 0, 0, 0), 0.01)


@pytest.mark.parametrize(
    "counts", [(100, 0, 0, 0), (90, 0, 0, 10), (90, 2, 2, 6), (950, 6, 9, 35), (60, 3, 1, 8)]
)
def test_as_many_images_as_are_named_settle_it(counts):
    found = paired(*counts)
    needed = images_to_settle(found, 0.01)
    assert needed > found.images
    at = [count * needed / found.images for count in counts]
    assert -newcombe(*at)[0] <= 0.01
    at = [count * (needed - 1) / found.images for count in counts]
    assert -newcombe(*at)[0] > 0.01


def test_the_number_is_near_that_of_the_discordant_rate():
    """Connor's: z^2 (rate - difference^2) / (margin - drop)^2, for the normal approximation."""
    found = paired(900, 30, 35, 35)
    rate, drop = 65 / 1000, 5 / 1000
    expected = 1.96**2 * (rate - drop**2) / (0.01 - drop) ** 2
    assert images_to_settle(found, 0.01) == pytest.approx(expected, rel=0.05)


def test_a_loss_as_large_as_allowed_cannot_be_settled():
    assert images_to_settle(paired(98, 0, 1, 1), 0.01) is None
    assert images_to_settle(paired(980, 0, 10, 10), 0.010000001) is None


def test_groups_ask_for_more_images():
    found = paired(90, 2, 2, 6)
    grouped = Paired(90, 2, 2, 6, found.low * 2, found.high * 2, design_effect=4.0)
    assert images_to_settle(grouped, 0.01) == 4 * images_to_settle(found, 0.01)


def test_classes_that_are_lost_are_named_worst_first():
    labels = np.repeat([7, 8, 9, 10], 10)
    before = np.ones(40, bool)
    after = before.copy()
    after[0:6] = False  # class 7: 10 to 4
    after[10:20] = False  # class 8: 10 to 0
    after[20:22] = False  # class 9: 10 to 8
    found = compare(answers(before, labels), answers(after, labels)).lost_classes
    assert [(item.label, item.images, item.dense, item.pruned) for item in found] == [
        (8, 10, 1.0, 0.0),
        (7, 10, 1.0, 0.4),
    ]


def test_a_class_that_loses_beyond_chance_is_named_and_one_image_is_no_class():
    labels = np.repeat([0, 1], [200, 1])
    after = np.ones(201, bool)
    after[:20] = False
    after[200] = False
    (lost,) = compare(answers(np.ones(201), labels), answers(after, labels)).lost_classes
    assert (lost.label, lost.pruned) == (0, 0.9)


def test_a_class_may_be_lost_while_the_average_rises():
    labels = np.repeat([0, 1], [10, 90])
    before = np.concatenate([np.ones(10), np.zeros(20), np.ones(70)]).astype(bool)
    after = np.concatenate([np.zeros(10), np.ones(90)]).astype(bool)
    found = compare(answers(before, labels), answers(after, labels))
    assert found.difference > 0
    assert [item.label for item in found.lost_classes] == [0]
