import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitac_tui.tui.plot.axes import Scale, fit, label, typical
from vitac_tui.tui.plot.canvas import SPOT, Curve, draw, thinned
from vitac_tui.tui.plot.layout import Line, PlotSpec, rows

FINITE = st.floats(-1e12, 1e12)
UNIT = Scale(0.0, 1.0)


def text(made: list[list[tuple[str, int]]]) -> list[str]:
    return ["".join(part for part, _ in row) for row in made]


@given(st.lists(FINITE, max_size=20), st.integers(1, 10))
def test_ticks_lie_within_their_scale(values: list[float], most: int) -> None:
    scale = fit(values)
    ticks = scale.ticks(most)
    slack = 1e-6 * (scale.high - scale.low)
    assert min(most, 2) <= len(ticks) <= most or most == 1
    assert all(scale.low - slack <= tick <= scale.high + slack for tick in ticks)


def test_ticks_are_round() -> None:
    assert Scale(0.0, 1.0).ticks(6) == pytest.approx((0, 0.2, 0.4, 0.6, 0.8, 1.0))
    assert Scale(1e-4, 1e-1, log=True).ticks(4) == pytest.approx((1e-4, 1e-3, 1e-2, 1e-1))
    assert Scale(1.0, 4.0).ticks(12, least_step=1.0) == (1, 2, 3, 4)


@pytest.mark.parametrize(
    "value, shown",
    [(0, "0"), (0.25, "0.25"), (11_689_512, "11.7M"), (12_345, "12.3k"), (3e-5, "3e-05")],
)
def test_labels_are_short(value: float, shown: str) -> None:
    assert label(value) == shown


def test_a_logarithmic_scale_has_no_position_for_zero() -> None:
    assert Scale(0.1, 10, log=True).share(0.0) is None
    assert Scale(0.1, 10, log=True).share(1.0) == pytest.approx(0.5)


def test_a_diagonal_runs_from_corner_to_corner() -> None:
    cells = draw([Curve("", [(0, 0), (1, 1)])], 8, 4, UNIT, UNIT)
    shown = ["".join(cell.text for cell in row) for row in cells]
    assert shown == ["      ⡠⠊", "    ⡠⠊  ", "  ⡠⠊    ", "⡠⠊      "]


def test_without_unicode_a_curve_is_drawn_in_ascii() -> None:
    made = rows(
        PlotSpec("loss", (Curve("a", [(0, 0), (1, 1)]), Curve("b", [(0, 1), (1, 0)]))),
        40,
        12,
        ascii=True,
    )
    assert all(line.isascii() for line in text(made))
    assert "*" in "".join(text(made))


def test_thinning_keeps_the_peak() -> None:
    points = [(float(x), 0.0) for x in range(10_000)]
    points[4321] = (4321.0, 9.0)
    kept = thinned(points, 200)
    assert len(kept) <= 200
    assert (4321.0, 9.0) in kept


@given(
    st.integers(1, 130),
    st.integers(1, 40),
    st.lists(st.tuples(FINITE, FINITE), max_size=30),
    st.booleans(),
    st.booleans(),
)
def test_a_plot_fills_any_size_exactly(
    width: int, height: int, points: list[tuple[float, float]], log: bool, ascii: bool
) -> None:
    spec = PlotSpec(
        "accuracy",
        (Curve("one", sorted(points)), Curve("two", points, 1, joined=False)),
        (Line(0.5, "dense"), Line(0.2, "chosen", vertical=True)),
        unit="step",
        log=log,
    )
    made = text(rows(spec, width, height, ascii=ascii))
    assert [len(line) for line in made] == [width] * height


def test_a_plot_without_points_shows_why_it_is_empty() -> None:
    assert "warming up" in "".join(text(rows(PlotSpec("loss", empty="warming up"), 40, 10)))


def test_reference_lines_are_labelled() -> None:
    spec = PlotSpec(
        "top-1",
        (Curve("masks", [(0.1, 90.0), (0.9, 10.0)]),),
        (Line(95.0, "dense"), Line(0.3, "chosen", vertical=True)),
    )
    shown = "".join(text(rows(spec, 60, 14)))
    assert "dense" in shown
    assert "chosen" in shown


def test_a_line_crosses_a_window_without_any_of_its_points() -> None:
    spec = PlotSpec("top-1", (Curve("", [(0.0, 10.0), (100.0, 90.0)]),), window=(0.5, 0.6))
    shown = text(rows(spec, 60, 12))
    drawn = [line for line in shown if any(0x2800 < ord(sign) < 0x2900 for sign in line)]
    assert len(drawn) >= 6
    assert any(line.strip().startswith("5") for line in shown)  # an axis from 50 to 58


def test_points_outside_a_window_do_not_thin_those_inside() -> None:
    points = [(float(x), float(x % 2)) for x in range(20_000)]
    curve = Curve("", points, joined=False)
    cells = draw([curve], 60, 4, Scale(100.0, 140.0), Scale(0.0, 1.0))
    assert sum(cell.text == SPOT for row in cells for cell in row) == 41


def test_a_window_shows_its_part_of_the_curve() -> None:
    points = [(float(x), math.sin(x)) for x in range(101)]
    spec = PlotSpec("sin", (Curve("", points),), unit="step", window=(0.5, 0.6))
    below = text(rows(spec, 80, 12))[-1]
    assert "54" in below
    assert "20" not in below


def test_a_loss_axis_does_not_go_below_zero() -> None:
    points = [(float(step), 2.0 / (1 + step)) for step in range(60)]
    low = fit([y for _, y in points], floor=0.0).low
    assert low == 0.0
    assert fit([5.0, 6.0], floor=0.0).low == pytest.approx(4.95)  # the floor is only a limit
    assert fit([-1.0, 1.0], floor=0.0).low == -1.0  # values below the floor are still shown


@pytest.mark.parametrize("ascii", [False, True])
def test_a_spike_is_cut_off_and_marked_with_its_value(ascii: bool) -> None:
    train = [(float(step), 2.0 - step / 50) for step in range(100)]
    validation = [(10.0, 1.9), (40.0, 34.2), (70.0, 0.9), (99.0, 0.4)]
    curves = (Curve("train", train), Curve("validation", validation, 1, spot="○", spot_gap=4))
    spec = PlotSpec("loss", curves, robust=True, floor=0.0)
    shown = text(rows(spec, 80, 20, ascii=ascii))
    assert any(("^ 34.2" if ascii else "▲ 34.2") in line for line in shown)
    highest = max(float(line.split()[0]) for line in shown if line.split()[0][0].isdigit())
    assert highest < 5
    whole = text(rows(replace(spec, robust=False), 80, 20, ascii=ascii))
    assert not any("34.2" in line for line in whole)


def test_a_falling_loss_has_no_outliers() -> None:
    values = [8.0 * 0.9**step for step in range(60)]
    assert typical(values) == values


def test_training_and_validation_differ_by_more_than_colour() -> None:
    train = [(float(step), 1.0) for step in range(100)]
    validation = [(float(step), 2.0) for step in range(0, 100, 10)]
    curves = (Curve("train", train), Curve("validation", validation, 1, spot="○", spot_gap=4))
    shown = text(rows(PlotSpec("loss", curves), 80, 20))
    assert "━○━ validation" in shown[0]
    assert sum(line.count("○") for line in shown[1:]) == 10
