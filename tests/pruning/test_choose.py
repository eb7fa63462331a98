"""The amount that a sweep ends with."""

import numpy as np
import pytest

from vitac_tui.evaluation.accuracy import Predictions
from vitac_tui.evaluation.paired import compare
from vitac_tui.pruning.choose import Limit, select_amount

POINT = Limit(0.01)
SHOWN = Limit(0.01, level=0.025)


def losing(images, lost, gained=0):
    """A comparison with a dense model that gets 95 % of the images right."""
    labels = np.zeros(images, np.int64)
    right = images * 95 // 100
    before = np.arange(images) < right
    after = (np.arange(images) >= lost) & (np.arange(images) < right + gained)
    said = [
        Predictions(labels, np.where(of, 0, 9), np.ones(images), None) for of in (before, after)
    ]
    return compare(*said)


@pytest.mark.parametrize(
    "points, index",
    [
        ([(0.1, 5), (0.4, 9), (0.7, 75)], 1),
        ([(0.7, 75), (0.4, 9), (0.1, 5)], 1),  # in any order
        ([(0.1, 0), (0.4, 10)], 1),  # exactly the allowed drop
        ([(0.1, 0), (0.5, 75), (0.6, 5)], 0),  # not beyond an amount that fails
        ([(0.1, 75), (0.2, 5), (0.3, 25)], None),  # not even if the smallest fails
    ],
)
def test_the_last_amount_before_the_first_that_fails_is_selected(points, index):
    compared = [(amount, losing(1000, lost)) for amount, lost in points]
    assert select_amount(compared, POINT).index == index


def test_with_a_level_only_what_is_ruled_out_qualifies():
    points = [(0.1, losing(10_000, 20)), (0.2, losing(10_000, 95))]
    assert select_amount(points, POINT).index == 1
    assert select_amount(points, SHOWN).index == 0
    few = [(0.1, losing(100, 1)), (0.2, losing(100, 0))]
    none = select_amount(few, SHOWN)
    assert (none.index, none.evidence) == (None, few[0][1])


def test_a_smaller_level_asks_for_more():
    found = losing(600, 0)
    assert Limit(0.01, 0.025).holds(found)
    assert not Limit(0.01, 0.001).holds(found)


def test_an_amount_that_stopped_early_ends_the_walk():
    points = [(0.1, losing(1000, 0)), (0.2, None), (0.3, losing(1000, 0))]
    assert select_amount(points, POINT).index == 0
    assert select_amount([(0.1, None)], POINT).evidence is None


@pytest.mark.parametrize("images, lost, needed", [(10_000, 20, False), (1000, 300, False)])
def test_no_images_are_asked_for_where_the_question_is_settled(images, lost, needed):
    selection = select_amount([(0.5, losing(images, lost))], POINT)
    assert (selection.images_needed is not None) == needed


def test_images_are_asked_for_where_they_would_help():
    selection = select_amount([(0.5, losing(200, 1))], Limit(0.05))
    assert selection.images_needed is None  # five points are ruled out by these
    selection = select_amount([(0.5, losing(100, 1))], Limit(0.05))
    assert 100 < selection.images_needed < 400
    assert selection.groups_needed is None


@pytest.mark.parametrize("limit", [POINT, SHOWN])
def test_without_images_nothing_qualifies(limit):
    assert select_amount([(0.3, losing(0, 0)), (0.1, losing(0, 0))], limit).index is None


def test_no_points_are_refused():
    with pytest.raises(ValueError, match="at least one point"):
        select_amount([], POINT)
