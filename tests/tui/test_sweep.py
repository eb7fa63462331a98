"""The picture of a sweep: curve, rule and choice, drawn together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from screentext import app, press, screen_text, sees
from scripted import DENSE, RULE, model, scripted, with_model

from vitac_tui.experiment import presets
from vitac_tui.runs.results import Results
from vitac_tui.tui.plot.layout import PlotSpec, rows
from vitac_tui.tui.plot.sweep_plots import CHOSEN, PLAIN_CHOSEN, prune_plot, sweep_plot
from vitac_tui.tui.reading import trained
from vitac_tui.tui.reading.editing import Editing
from vitac_tui.tui.reading.points import Points, Scored
from vitac_tui.tui.reading.pruning_metrics import hint_line

MODELS = (
    model("dense", None, DENSE, 100),
    model("masks", 0.2, 0.94, 80),
    model("masks", 0.5, 0.80, 50),
)
CHOICE = {"what": "amount", "variant": "masks", "seed": 0, "row": "masks-0.2", "rule": RULE}
WHOLE = Results("run", models=MODELS, selected=({**CHOICE, "split": "val"},))


def text(made: PlotSpec, width: int = 78, height: int = 13, *, ascii: bool = False) -> list[str]:
    return ["".join(part for part, _ in row) for row in rows(made, width, height, ascii=ascii)]


def test_a_point_has_the_interval_of_its_comparison_around_the_dense_accuracy() -> None:
    (curve, _) = sweep_plot(WHOLE, 0.05).curves
    assert curve.points == [(0.2, 94.0), (0.5, 80.0)]
    ends = [end for _, low, high in curve.bars for end in (low, high)]
    assert ends == pytest.approx([86.0, 97.0, 72.0, 83.0])


def test_the_dense_and_the_allowed_accuracy_are_levels() -> None:
    levels = {line.text: line.at for line in sweep_plot(WHOLE, 0.05).lines}
    assert levels == pytest.approx({"dense": 95.0, "5 points under dense: allowed": 90.0})
    assert [line.text for line in sweep_plot(WHOLE, None).lines] == ["dense"]


def test_points_come_one_by_one_and_the_choice_last() -> None:
    seen = []
    for count in range(len(MODELS) + 1):
        curves = sweep_plot(Results("run", models=MODELS[:count]), 0.05).curves
        seen.append([len(curve.points) for curve in curves])
    assert seen == [[], [], [1], [2]]
    assert sweep_plot(WHOLE, 0.05).curves[-1].points == [(0.2, 94.0)]


def test_models_of_other_rungs_steps_and_seeds_are_other_curves() -> None:
    more = [
        {**model("masks", 0.2, 0.9, 80), "id": "masks-0.2-step1-bn", "rung": "bn"},
        {**model("masks", 0.2, 0.9, 80), "id": "seed1-masks-0.2", "seed": 1},
        {**model("dense", None, 0.5, 80), "id": "seed1-dense", "seed": 1},
    ]
    made = sweep_plot(Results("run", models=(*MODELS, *more)), 0.05)
    assert [curve.name for curve in made.curves] == ["masks", "masks-step1-bn", "seed1-masks"]
    assert made.curves[2].bars[0][2] == pytest.approx(48.0)  # 5 points less, and 3 up
    assert [line.at for line in made.lines] == pytest.approx([95.0, 90.0, 50.0, 45.0])


def test_figures_that_are_not_finite_leave_no_mark() -> None:
    odd = model("masks", 0.9, 0.5, 10)
    odd["eval"] |= {"top1": None}
    half = model("masks", 0.8, 0.5, 20)
    half["eval"]["against_dense"] |= {"low": None}
    made = sweep_plot(Results("run", models=(*MODELS, half, odd)), 0.05)
    assert [at for at, _ in made.curves[0].points] == [0.2, 0.5, 0.8]
    assert [at for at, _, _ in made.curves[0].bars] == [0.2, 0.5]


def test_a_point_of_a_part_of_the_images_is_beside_the_curve_and_explained() -> None:
    part = model("masks", 0.9, 0.3, 10)
    part["eval"] |= {"images": 12, "stopped": {"of": 36, "why": "it is sure"}}
    curve, parts, _ = sweep_plot(replace(WHOLE, models=(*MODELS, part)), 0.05).curves
    assert [at for at, _ in curve.points] == [0.2, 0.5]
    assert (parts.name, parts.points, parts.joined) == ("stopped early", [(0.9, 30.0)], False)
    assert [at for at, _, _ in parts.bars] == [0.9]
    note = sweep_plot(replace(WHOLE, models=(*MODELS, part)), 0.05).note
    assert note.endswith("a part of the 36 images: masks-0.9 after 12. It is sure")


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("size", [(78, 13), (118, 20)])
def test_the_rule_stands_in_full_under_the_plot(size: tuple[int, int], ascii: bool) -> None:
    shown = text(sweep_plot(WHOLE, 0.05), *size, ascii=ascii)
    assert f"chosen masks-0.2: {RULE}" in " ".join(line.strip() for line in shown)
    assert any((PLAIN_CHOSEN if ascii else CHOSEN) in line for line in shown[1:])
    assert all(line.isascii() for line in shown) or not ascii
    assert "dense" in "".join(shown)
    assert "5 points under dense: allowed" in "".join(shown)


def test_a_rule_without_room_is_cut_with_a_sign() -> None:
    shown = text(sweep_plot(WHOLE, 0.05), 40, 10)
    assert shown[-1].rstrip().endswith("…")
    assert sum("│" in line or "┤" in line for line in shown) >= 5


def test_what_was_scored_by_hand_stands_beside_the_sweep_with_its_interval() -> None:
    points = Points(WHOLE, shape="a", marked=0.5)
    points.scored += [
        Scored("a", 0.3, 0.9, {"low": -0.1, "high": 0.0}),
        Scored("another list", 0.4, 0.9),
    ]
    made = prune_plot(points, DENSE, 0.05)
    assert made.curves[-1].points == [(0.3, 90.0)]
    assert made.curves[-1].bars == [pytest.approx((0.3, 85.0, 95.0))]
    assert made.lines[-1].at == 0.5
    assert made.note.startswith("suggested masks-0.2: largest amount")


def test_a_sweep_without_its_dense_row_yet_is_set_against_the_source() -> None:
    made = prune_plot(Points(Results("run")), DENSE, 0.01)
    assert [line.text for line in made.lines] == ["dense", "1 point under dense: allowed"]
    assert prune_plot(Points(Results("run")), None, 0.01).lines == ()


def test_with_several_seeds_the_prune_screen_says_whose_model_is_tried(place: Path) -> None:
    experiment = presets.load("demo", sets=["seeds=[3, 4]"])
    run = scripted(place / "runs")
    found = replace(trained.read(with_model(run)), experiment=experiment)
    assert "tried on seed 3 only, a run uses all 2" in hint_line(found, Editing(), "")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("keys", ["enter 4", "r 5"])
async def test_live_and_results_draw_it_with_its_rule(
    place: Path, keys: str, size: tuple[int, int]
) -> None:
    scripted(place / "runs")
    async with app(place / "runs").run_test(size=size) as pilot:
        await sees(pilot, "1 of 1 runs")
        await press(pilot, keys)
        await sees(pilot, CHOSEN)
        if size == (120, 40) and keys == "enter 4":
            await press(pilot, "f")  # beside another plot it is too narrow: alone it is not
            await sees(pilot, "settle it")
        words = " ".join(screen_text(pilot.app).split())
        assert RULE in words
        assert "5 points under dense: allowed" in words
