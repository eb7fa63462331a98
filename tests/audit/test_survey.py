from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from support import Command

from vitac_tui.audit.survey import changed, parsed, read_as, survey, validated
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


def test_only_what_departs_from_its_default_stands_in_the_table(stripes: Path) -> None:
    dataset = validated({"layout": "folder", "root": str(stripes)}, ["dataset.split.val=0.25"])
    assert changed(dataset)["split"] == {"val": 0.25}


def test_a_survey_without_pixels_claims_nothing_about_them(stripes: Path) -> None:
    found = survey(guess_layout(stripes))
    assert not found.report
    assert "bytes" not in found.verdict
    assert parsed(found.examples[0]).startswith("class0/g0_0.png: class class0, group ")


def test_a_walk_tells_how_far_it_is_and_can_be_ended(stripes: Path) -> None:
    told: list[int] = []
    with watched(told.append):
        scan(stripes)
    assert told[0] == 0
    assert len(told) == 4  # the root and three classes

    def enough(images: int) -> None:
        if images:
            raise EnoughError

    with watched(enough), pytest.raises(EnoughError):
        guess_layout(stripes)
    assert len(scan(stripes).images) == 36
    assert len(told) == 4


def test_the_command_prints_the_table(stripes: Path, vitac_tui: Command, tmp_path: Path) -> None:
    said = vitac_tui("dataset", "check", stripes, "--quiet", cwd=tmp_path)
    printed = tomllib.loads(said.stdout[said.stdout.index("\n[dataset]\n") :])
    assert printed["dataset"] == changed(guess_layout(stripes).dataset)
