import pytest

from vitac_tui.tui.reading.curves import MOST, Curve, smoothed


def test_a_long_curve_keeps_its_range_in_a_limited_number_of_points() -> None:
    curve = Curve()
    for step in range(100_001):
        curve.add(step, step, float(step))
    points = curve.points()
    assert len(points) <= 2 * MOST
    assert points[0][0] < 100
    assert points[-1][0] > 99_900
    assert points == tuple(sorted(points))
    assert all(x == pytest.approx(y) for x, y in points)


def test_the_newest_point_is_included_at_once() -> None:
    curve = Curve()
    for step in range(MOST + 2):
        curve.add(step, step, 1.0)
    curve.add(9_000, 9_000, 7.0)
    assert curve.points()[-1][1] > 1.0


def test_rewinding_drops_points_of_later_events() -> None:
    curve = Curve()
    for seq in range(1, 11):
        curve.add(seq, seq, float(seq))
    curve.rewind(6)
    assert [x for x, _ in curve.points()] == [1, 2, 3, 4, 5, 6]


def test_a_value_that_is_not_finite_is_skipped() -> None:
    curve = Curve()
    curve.add(1, 1, None)
    assert curve.points() == ()


def test_smoothing_has_no_bias_towards_zero_at_the_start() -> None:
    points = [(float(step), 5.0) for step in range(10)]
    assert smoothed(points, 0.9) == tuple((x, pytest.approx(5.0)) for x, _ in points)
    assert smoothed(points, 0.0) == tuple(points)
