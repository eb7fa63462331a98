"""The amount that a sweep ends with."""

import pytest

from vitac_tui.evaluation.intervals import newcombe
from vitac_tui.evaluation.paired import Paired
from vitac_tui.pruning.choose import choose_amount


def losing(images, lost, gained=0):
    """A comparison with a dense model that gets 950 of 1000 right."""
    right = images * 95 // 100
    counts = (right - lost, gained, lost, images - right - gained)
    return Paired(*counts, *newcombe(*counts), design_effect=1.0)


NOTHING = Paired(0, 0, 0, 0, -1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "points, index, met",
    [
        ([(0.1, 5), (0.4, 9), (0.7, 75)], 1, True),
        ([(0.7, 75), (0.4, 9), (0.1, 5)], 1, True),  # whatever the order
        ([(0.1, 0), (0.4, 10)], 1, True),  # exactly the allowed drop
        ([(0.1, 0), (0.5, 75), (0.6, 5)], 2, True),  # a dip in between does not matter
        ([(0.1, 75), (0.2, 25), (0.3, 25)], 1, False),  # none: least drop, smaller amount
    ],
)
def test_choice(points, index, met):
    compared = [(amount, losing(1000, lost)) for amount, lost in points]
    choice = choose_amount(compared, max_drop=0.01, strict=False)
    assert (choice.index, choice.met) == (index, met)
    assert "1 point of" in choice.rule


def test_strict_accepts_only_what_is_shown():
    points = [(0.1, losing(10_000, 20)), (0.2, losing(10_000, 95))]
    assert choose_amount(points, 0.01, strict=False).index == 1
    strict = choose_amount(points, 0.01, strict=True)
    assert (strict.index, strict.met) == (0, True)
    assert "shown to lose" in strict.rule
    few = [(0.1, losing(100, 1)), (0.2, losing(100, 0))]
    none = choose_amount(few, 0.01, strict=True)
    assert (none.index, none.met) == (1, False)
    assert none.rule.startswith("no amount is shown to lose at most 1 point")


@pytest.mark.parametrize(
    "compared, said",
    [
        (losing(10_000, 20), "; -0.2 [-0.3, -0.1] points on the same 10000 images: a loss "),
        (losing(10_000, 20), "a loss within 1 point is shown"),
        (losing(10_000, 300), "a loss beyond 1 point is shown"),
        (losing(100, 0), "; +0.0 [-3.8, +3.8] points"),
        (losing(100, 0), "beyond 1 point is not excluded; about 400 images would settle it"),
        (losing(100, 1), "not excluded, nor would be by more such images"),
    ],
)
def test_the_rule_says_what_the_interval_means(compared, said):
    assert said in choose_amount([(0.5, compared)], 0.01, strict=False).rule


def test_allowed_losses_are_in_points():
    assert "at most 0.5 points of" in choose_amount([(0.5, NOTHING)], 0.005, strict=False).rule


@pytest.mark.parametrize("strict", [False, True])
def test_without_images_nothing_qualifies(strict):
    choice = choose_amount([(0.3, NOTHING), (0.1, NOTHING)], 0.01, strict=strict)
    assert (choice.index, choice.met) == (1, False)


def test_no_points_are_refused():
    with pytest.raises(ValueError, match="at least one row"):
        choose_amount([], 0.01, strict=False)
