"""The amount that a sweep ends with."""

import pytest

from vitac_tui.evaluation.intervals import newcombe
from vitac_tui.evaluation.paired import Paired
from vitac_tui.pruning.choose import Selection, select_amount


def losing(images, lost, gained=0):
    """A comparison with a dense model that gets 95 % of the images right."""
    right = images * 95 // 100
    counts = (right - lost, gained, lost, images - right - gained)
    return Paired(*counts, *newcombe(*counts), design_effect=1.0)


NOTHING = Paired(0, 0, 0, 0, -1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "points, index, met",
    [
        ([(0.1, 5), (0.4, 9), (0.7, 75)], 1, True),
        ([(0.7, 75), (0.4, 9), (0.1, 5)], 1, True),  # in any order
        ([(0.1, 0), (0.4, 10)], 1, True),  # exactly the allowed drop
        ([(0.1, 0), (0.5, 75), (0.6, 5)], 2, True),  # a dip in between does not matter
        ([(0.1, 75), (0.2, 25), (0.3, 25)], 1, False),  # none: least drop, smaller amount
    ],
)
def test_the_largest_amount_within_the_drop_is_selected(points, index, met):
    compared = [(amount, losing(1000, lost)) for amount, lost in points]
    selection = select_amount(compared, max_drop=0.01, strict=False)
    assert (selection.index, selection.met) == (index, met)


def test_strict_accepts_only_what_is_ruled_out():
    points = [(0.1, losing(10_000, 20)), (0.2, losing(10_000, 95))]
    assert select_amount(points, 0.01, strict=False).index == 1
    strict = select_amount(points, 0.01, strict=True)
    assert (strict.index, strict.met, strict.strict) == (0, True, True)
    few = [(0.1, losing(100, 1)), (0.2, losing(100, 0))]
    none = select_amount(few, 0.01, strict=True)
    assert (none.index, none.met) == (1, False)


def test_a_selection_carries_its_evidence():
    compared = losing(10_000, 95)
    assert select_amount([(0.5, compared)], 0.02, strict=False) == Selection(
        index=0,
        met=True,
        strict=False,
        max_drop=0.02,
        difference=-0.0095,
        low=compared.low,
        high=compared.high,
        images=10_000,
        images_needed=None,  # a larger drop is ruled out
    )


@pytest.mark.parametrize(
    "compared, needed",
    [
        (losing(10_000, 20), None),  # a drop of more than a point is ruled out
        (losing(10_000, 300), None),  # it is certain
        (losing(100, 0), 395),
        (losing(100, 1), None),  # exactly a point: no number of images would rule more out
    ],
)
def test_it_says_how_many_images_would_be_needed(compared, needed):
    selection = select_amount([(0.5, compared)], 0.01, strict=False)
    assert selection.images_needed == (needed and pytest.approx(needed, rel=0.02))


@pytest.mark.parametrize("strict", [False, True])
def test_without_images_nothing_qualifies(strict):
    selection = select_amount([(0.3, NOTHING), (0.1, NOTHING)], 0.01, strict=strict)
    assert (selection.index, selection.met) == (1, False)


def test_no_points_are_refused():
    with pytest.raises(ValueError, match="at least one point"):
        select_amount([], 0.01, strict=False)
