"""Wilson's interval, against published values."""

import pytest

from vitac_tui.evaluation.intervals import wilson


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
