"""The survey of a dataset, and the `[dataset]` table that it suggests."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from support import Command

from vitac_tui.audit.dataset_table import changed, read_as, validated
from vitac_tui.audit.survey import parsed, survey
from vitac_tui.data.guess import guess_layout
from vitac_tui.data.paths import scan, watched


class EnoughError(Exception):
    pass


def test_the_table_to_paste_reads_the_same(stripes: Path) -> None:
    guess = guess_layout(stripes)
    table = changed(guess.dataset)
    assert table == {"layout": "folder", "root": str(stripes)}
    again = read_as(validated(table))
    assert again.table == guess.table


def test_the_table_contains_only_settings_that_differ_from_their_defaults(stripes: Path) -> None:
    dataset = validated({"layout": "folder", "root": str(stripes)}, ["dataset.split.val=0.25"])
    assert changed(dataset)["split"] == {"val": 0.25}


def test_a_survey_of_names_does_not_claim_to_have_compared_contents(stripes: Path) -> None:
    found = survey(guess_layout(stripes))
    assert not found.report
    assert {"bytes", "pixels"} <= set(found.assessment.coverage.unchecked)
    assert parsed(found.examples[0]).startswith("class0/g0_0.png: class class0, group ")


def test_a_walk_reports_its_progress_and_can_be_cancelled(stripes: Path) -> None:
    reported: list[int] = []
    with watched(reported.append):
        scan(stripes)
    assert reported[0] == 0
    assert len(reported) == 4  # the root and three classes

    def enough(images: int) -> None:
        if images:
            raise EnoughError

    with watched(enough), pytest.raises(EnoughError):
        guess_layout(stripes)
    assert len(scan(stripes).images) == 36
    assert len(reported) == 4


def test_the_command_prints_the_table(stripes: Path, vitac_tui: Command, tmp_path: Path) -> None:
    output = vitac_tui("dataset", "check", stripes, "--quiet", cwd=tmp_path)
    printed = tomllib.loads(output.stdout[output.stdout.index("\n[dataset]\n") :])
    assert printed["dataset"] == changed(guess_layout(stripes).dataset)
