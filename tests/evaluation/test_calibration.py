"""The expected calibration error."""

import numpy as np
import pytest

from vitac_tui.evaluation.metrics import calibration_error


def error(best: list[float], right: list[int], bins: int = 15) -> float | None:
    return calibration_error(np.array(best, np.float32)[:, None], np.array(right, bool), bins)


def test_confidence_that_is_borne_out_has_no_error() -> None:
    assert error([0.5, 0.5, 1.0], [1, 0, 1]) == pytest.approx(0.0)


def test_the_gaps_of_the_bins_are_weighted_by_their_images() -> None:
    # Three images in the bin of 0.9 with 1/3 right, one in the bin of 0.6 that is right.
    expected = 3 / 4 * abs(0.9 - 1 / 3) + 1 / 4 * abs(0.6 - 1)
    assert error([0.9, 0.9, 0.9, 0.6], [1, 0, 0, 1]) == pytest.approx(expected)


def test_over_and_under_confidence_cancel_within_a_bin_only() -> None:
    assert error([0.61, 0.65], [0, 1]) == pytest.approx(abs(0.63 - 0.5))
    assert error([0.61, 0.99], [0, 0]) == pytest.approx(0.8)


def test_bins_are_closed_above() -> None:
    # 0.5 is the upper end of the second of four bins, 0.75 that of the third: no gaps cancel.
    assert error([0.5, 0.75], [1, 0], bins=4) == pytest.approx((0.5 + 0.75) / 2)
    assert error([0.5, 0.375], [1, 0], bins=4) == pytest.approx((0.5 - 0.375) / 2)


def test_images_without_a_prediction_are_left_out() -> None:
    assert error([0.8, float("nan")], [1, 0]) == pytest.approx(0.2)
    assert error([float("nan")], [0]) is None
    assert error([], []) is None
