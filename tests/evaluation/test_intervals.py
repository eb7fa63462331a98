"""Wilson's interval, against published values."""

import pytest

from vitac_tui.evaluation.intervals import wilson


@pytest.mark.parametrize(
    "successes, trials, low, high",
    [
        # R: prop.test(x, n, correct = FALSE)$conf.int
        (81, 263, 0.2552694, 0.3661839),  # Newcombe, Statistics in Medicine 17 (1998), table I
        (15, 148, 0.0623834, 0.1605126),
        (0, 20, 0.0, 0.1611252),
        (1, 29, 0.0061129, 0.1717649),
        (29, 29, 0.8830269, 1.0),
    ],
)
def test_reference_values(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_without_trials_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("trials", [1, 7, 1000, 10**7])
def test_the_share_lies_inside_and_the_ends_are_exact(trials):
    for successes in {0, 1, trials // 2, trials - 1, trials}:
        low, high = wilson(successes, trials)
        assert 0 <= low <= successes / trials <= high <= 1
    assert wilson(0, trials)[0] == 0.0
    assert wilson(trials, trials)[1] == 1.0
