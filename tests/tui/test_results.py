"""What stands beside the models in the app, and in what is copied from there."""

from __future__ import annotations

import csv
from pathlib import Path

from screentext import app, press, screen_text, sees, until
from scripted import model, scripted

from vitac_tui.runs import events, log, results
from vitac_tui.runs.caveats import caveats
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.log import EventLog
from vitac_tui.tui.reading.models import models
from vitac_tui.tui.screens.results import scored_on
from vitac_tui.tui.widgets.heading import cut_texts

MARK = "overlap: trained on 3 of 36 validation images, such as [b]a.png"


async def test_a_marked_run_says_so_in_the_table_and_in_what_is_saved_of_it(place: Path) -> None:
    run = scripted(place / "runs", marks=(MARK,))
    async with app(place / "runs", run).run_test(size=(120, 40)) as pilot:
        await press(pilot, "r")
        await sees(pilot, MARK)
        await press(pilot, "e")
        await until(pilot, lambda: len(list(place.glob("*.csv"))) == 1, "a CSV file")
    (table,) = place.glob("*.csv")
    assert {row["marks"] for row in csv.DictReader(table.open())} == {MARK}


def with_seeds(run: RunDir) -> RunDir:
    """Have a run tell of two seeds, whose dense models differ."""
    with EventLog(run.events) as written:
        for seed, dense, pruned in ((0, 1.0, 0.5), (1, 0.5, 0.0)):
            for row in (model("dense", None, dense, 11), model("masks", 0.5, pruned, 5)):
                row |= {"id": f"seed{seed}-{row['id']}", "seed": seed}
                written.append(events.ModelEvaluated(row))
    return run


async def test_classes_are_compared_with_the_dense_model_of_the_same_seed(place: Path) -> None:
    run = with_seeds(scripted(place / "runs", sweep=False))
    async with app(place / "runs", run).run_test(size=(120, 40)) as pilot:
        await press(pilot, "r")
        await sees(pilot, "seed1-masks-0.5")
        await press(pilot, "3 right_square_bracket")
        for at, cells in ((0, "100.0 50.0 -50.0"), (2, "50.0 0.0 -50.0")):
            await sees(pilot, f"seed{at // 2}-masks-0.5 %")
            (line,) = [text for text in screen_text(pilot.app).splitlines() if "denim" in text]
            assert line.split("━")[0].split()[2:] == cells.split()
            await press(pilot, "right_square_bracket right_square_bracket")


async def test_of_several_runs_the_marked_one_is_named(place: Path) -> None:
    scripted(place / "runs", "20260101-120000-plain-ab12")
    scripted(place / "runs", "20260101-120001-marked-cd34", marks=(MARK,))
    async with app(place / "runs").run_test(size=(200, 50)) as pilot:
        await sees(pilot, "marked-cd34")
        await press(pilot, "space down space")
        await sees(pilot, f"20260101-120001-marked-cd34: {MARK}")  # under the cursor
        await press(pilot, "c")
        await sees(
            pilot,
            f"20260101-120001-marked-cd34: {MARK}; 20260101-120000-plain-ab12: masks: ",
        )
        assert f"plain-ab12: {MARK}" not in screen_text(pilot.app)


def test_a_run_that_nothing_speaks_against_has_nothing_to_say(place: Path) -> None:
    run = scripted(place / "runs")
    made = results.project(run.name, log.read(run.events))
    assert caveats(made) == []
    dataset = {"verdict": "leak: 3 of 9", "verdict_grade": "leak", "marks": ["control: c"]}
    leaking = results.Results("r", dataset=dataset)
    assert caveats(leaking) == ["control: c", "data: leak: 3 of 9"]


async def test_a_view_is_shown_though_the_one_before_filled_the_screen(place: Path) -> None:
    run = scripted(place / "runs")
    async with app(place / "runs", run).run_test(size=(80, 24)) as pilot:
        await press(pilot, "r")
        await sees(pilot, "masks-0.2 *")
        await press(pilot, "2 f a")
        await sees(pilot, "top-1 % against MACs")
        assert pilot.app.screen.maximized is not None  # another axis leaves it as it is
        await press(pilot, "1")
        await sees(pilot, "masks-0.2 *")


async def test_compared_models_keep_their_names_and_choices_their_runs(place: Path) -> None:
    names = [
        f"20260101-12000{n}-study-visual-unstructured-{end}" for n, end in ((0, "a1"), (1, "b2"))
    ]
    for name in names:
        scripted(place / "runs", name)
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await sees(pilot, "2 of 2 runs")
        await press(pilot, "space space c")
        await sees(pilot, "…")
        text = screen_text(pilot.app)
        for end in ("a1", "b2"):
            assert f"uctured-{end} masks-0.2 *" in text
        assert f"{names[0]}: masks: selected amount" in " ".join(cut_texts(pilot.app.screen))


async def test_a_long_name_of_a_model_leaves_room_for_figures(place: Path) -> None:
    run = scripted(place / "runs")
    text = run.events.read_text().replace('"masks-0.2"', f'"masks-{"x" * 70}-0.2"')
    run.events.write_text(text)
    async with app(place / "runs", run).run_test(size=(80, 24)) as pilot:
        await press(pilot, "r")
        await sees(pilot, "top-1 % [95 %]")
        await sees(pilot, "95.0 [85.0, 100.0]")


def test_figures_say_what_they_were_scored_on_and_stars_only_where_there_are_any(
    place: Path,
) -> None:
    run = scripted(place / "runs")
    found = models(run, results.project(run.name, log.read(run.events)))
    assert scored_on(found) == "top-1 on validation; * chosen on validation"
    for one in found:
        one.row["eval"]["split"] = "test"
    assert scored_on([one for one in found if not one.chosen]) == "top-1 on test"
    assert scored_on([]) == ""
