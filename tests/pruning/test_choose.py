"""The amount that a sweep ends with."""

import math

import pytest

from vitac_tui.pruning.choose import choose_amount

NAN = math.nan


@pytest.mark.parametrize(
    "rows, index, met",
    [
        ([(0.1, 0.97), (0.4, 0.966), (0.7, 0.9)], 1, True),
        ([(0.7, 0.9), (0.4, 0.966), (0.1, 0.97)], 1, True),  # whatever the order
        ([(0.1, 0.975), (0.4, 0.965)], 1, True),  # exactly the allowed drop
        ([(0.1, 0.98), (0.5, 0.9), (0.6, 0.97)], 2, True),  # a dip in between does not matter
        ([(0.1, 0.90), (0.2, 0.95), (0.3, 0.95)], 1, False),  # none: least drop, smaller amount
        ([(0.1, NAN), (0.2, 0.5)], 1, False),
        ([(0.1, 0.97), (0.9, NAN)], 0, True),
        ([(0.4, NAN), (0.2, NAN)], 1, False),
    ],
)
def test_choice(rows, index, met):
    choice = choose_amount(rows, dense_top1=0.975, max_drop=0.01)
    assert (choice.index, choice.met) == (index, met)
    assert "0.01" in choice.rule


def test_a_dense_model_without_a_score_qualifies_nothing():
    assert choose_amount([(0.3, 0.9), (0.1, 0.8)], NAN, 0.01).index == 1
    assert not choose_amount([(0.1, 0.9)], NAN, 0.01).met


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="at least one row"):
        choose_amount([], 0.9, 0.01)
