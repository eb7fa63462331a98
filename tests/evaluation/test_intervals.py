"""Intervals of shares and of their differences, against published values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitac_tui.evaluation.intervals import newcombe, wilson


@pytest.mark.parametrize(
    "successes, trials, low, high",
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_reference_values(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=6e-5)


def test_without_trials_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("trials", [1, 7, 1000, 10**7])
def test_the_share_lies_inside_and_the_ends_are_exact(trials):
    for successes in {0, 1, trials // 2, trials - 1, trials}:
        low, high = wilson(successes, trials)
        assert 0 <= low <= successes / trials <= high <= 1
    assert wilson(0, trials)[0] == 0.0
    assert wilson(trials, trials)[1] == 1.0


@pytest.mark.parametrize(
    "both, gained, lost, neither, low, high",
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998) 2635-2650, table III, method 10
        (36, 12, 2, 0, 0.0569, 0.3404),
        # D. G. Altman et al., "Statistics with Confidence" (2000), table 6.2
        (14, 5, 0, 22, 0.011, 0.226),
    ],
)
def test_reference_values_of_the_paired_difference(both, gained, lost, neither, low, high):
    assert newcombe(both, gained, lost, neither) == pytest.approx((low, high), abs=6e-4)


def test_without_images_no_difference_is_excluded():
    assert newcombe(0, 0, 0, 0) == (-1.0, 1.0)


COUNTS = st.integers(0, 500)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_the_paired_interval_holds_the_difference_and_turns_with_it(both, gained, lost, neither):
    images = max(both + gained + lost + neither, 1)
    low, high = newcombe(both, gained, lost, neither)
    assert -1 <= low <= (gained - lost) / images + 1e-12
    assert (gained - lost) / images - 1e-12 <= high <= 1
    assert newcombe(both, lost, gained, neither) == pytest.approx((-high, -low), abs=1e-12)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_ten_times_the_images_tell_more(both, gained, lost, neither):
    counts = (both, gained, lost, neither)
    few, many = newcombe(*counts), newcombe(*(10 * count for count in counts))
    assert many[1] - many[0] <= few[1] - few[0] + 1e-12
