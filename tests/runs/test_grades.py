"""Grades of recorded verdicts, and those that are derived for runs of earlier versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vitac_tui.runs.grades import Grade, verdict_grade, with_grade
from vitac_tui.runs.rows import DatasetRow
from vitac_tui.runs.shape import check_of

ROOT = Path(__file__).parents[2]

#: The dataset of a run by a version that recorded neither findings nor grades.
OLD: dict[str, Any] = {
    "layout": "folder", "modality": "visual", "classes": 2, "images": {"train": 2}, "warnings": [],
    "fingerprint": "ab",
}  # fmt: skip


@pytest.mark.parametrize(
    "verdict, grade",
    [
        ("clean: no overlap found between train and test in paths", Grade.NOTHING_FOUND),
        ("no overlap found between train and test in paths", Grade.NOTHING_FOUND),
        ("leak: 1 test image also listed for training; remove from one side", Grade.LEAK),
        ("leak, fixed markers not excluded: 10 of 10 test images", Grade.LEAK),
        ("leak through shared sources: 12 of 12 test images", Grade.LEAK),
        ("inconclusive: 12 of 12 test images match training images", Grade.INCONCLUSIVE),
        ("nothing to compare: there are no training images, only test", Grade.INCONCLUSIVE),
        ("shared sources: 10 of 10 test images from 1 group", Grade.SHARED_SOURCES),
        ("neighbours: 1 test image with frame numbers next to", Grade.NEIGHBOURS),
        ("confounded: 2 of 2 classes come from one session each", Grade.CONFOUNDED),
        ("doubtful, since a trivial classifier solves it: no overlap found", Grade.DOUBTFUL),
        ("of an unknown version", Grade.DOUBTFUL),
        ("", Grade.NOTHING_FOUND),
    ],
)
def test_old_runs_have_the_grade_of_their_verdict(verdict: str, grade: Grade) -> None:
    dataset = {**OLD, "verdict": verdict}
    assert check_of(DatasetRow)(dataset)
    assert verdict_grade(dataset) is grade
    assert with_grade(dataset)["verdict_grade"] == grade.name.lower()


def test_the_recorded_demo_of_an_earlier_version_has_a_grade() -> None:
    results = json.loads((ROOT / "docs/demo-record/results.json").read_text())
    assert check_of(DatasetRow)(results["dataset"])
    assert verdict_grade(results["dataset"]) is Grade.NOTHING_FOUND
    assert with_grade(results["dataset"])["control"] is False


@pytest.mark.parametrize(
    "caveats, control",
    [
        (["control: training labels are shuffled"], True),
        (["overlap: the model was trained on 3 of 9 test images"], False),
        ([], False),
    ],
)
def test_old_runs_are_controls_if_a_caveat_says_so(caveats: list[str], control: bool) -> None:
    assert with_grade({**OLD, "verdict": "", "marks": caveats})["control"] is control


def test_what_is_recorded_counts_and_texts_do_not() -> None:
    dataset = {
        **OLD, "verdict": "clean: it says", "verdict_grade": "leak",
        "marks": ["control: it says"], "control": False,
    }  # fmt: skip
    assert verdict_grade(dataset) is Grade.LEAK
    assert with_grade(dataset)["control"] is False


def test_a_grade_of_a_later_version_casts_doubt() -> None:
    assert verdict_grade({**OLD, "verdict": "new", "verdict_grade": "novel"}).casts_doubt


def test_only_grades_above_a_warning_cast_doubt() -> None:
    assert max(grade for grade in Grade if not grade.casts_doubt) is Grade.WARNING
    assert max(Grade) is Grade.LEAK
    assert Grade.SHARED_SOURCES.title == "shared sources"
