"""What stands beside the models in the app, and in what is copied from there."""

from __future__ import annotations

import csv
from pathlib import Path

from screentext import app, press, screen_text, sees, until
from scripted import scripted

from vitac_tui.runs import log, results
from vitac_tui.runs.doubts import doubts

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


async def test_of_several_runs_the_marked_one_is_named(place: Path) -> None:
    scripted(place / "runs", "20260101-120000-plain-ab12")
    scripted(place / "runs", "20260101-120001-marked-cd34", marks=(MARK,))
    async with app(place / "runs").run_test(size=(200, 50)) as pilot:
        await sees(pilot, "marked-cd34")
        await press(pilot, "space down space")
        await sees(pilot, f"20260101-120001-marked-cd34: {MARK}")  # under the cursor
        await press(pilot, "c")
        await sees(pilot, f"20260101-120001-marked-cd34: {MARK}; masks: chose")
        assert f"plain-ab12: {MARK}" not in screen_text(pilot.app)


def test_a_run_that_nothing_speaks_against_has_nothing_to_say(place: Path) -> None:
    run = scripted(place / "runs")
    made = results.project(run.name, log.read(run.events))
    assert doubts(made) == []
    leaking = results.Results("r", dataset={"verdict": "leak: 3 of 9", "marks": ["control: c"]})
    assert doubts(leaking) == ["control: c", "data: leak: 3 of 9"]
