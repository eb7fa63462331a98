"""Findings about classes, splits and names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vitac_tui.audit.counts import class_counts, split_counts
from vitac_tui.audit.finding import Kind
from vitac_tui.audit.table_checks import table_findings
from vitac_tui.data.table import Sample, SampleTable


def table_of(*samples: tuple[str, int, str, str]) -> SampleTable:
    return SampleTable(
        Path("/set"),
        tuple(Sample(path, label, name, path, split=split) for path, label, name, split in samples),
    )


def lines(table: SampleTable, kind: Kind) -> list[str]:
    return [finding.line() for finding in table_findings(table) if finding.kind is kind]


def test_counts_are_of_each_split_and_each_class():
    table = table_of(("a/1", 0, "a", "train"), ("a/2", 0, "a", "test"), ("b/1", 1, "b", "train"))
    assert split_counts(table)["train"] == {"images": 2, "groups": 2}
    assert class_counts(table) == {
        "a": {"train": 1, "val": 0, "test": 1},
        "b": {"train": 1, "val": 0, "test": 0},
    }


@pytest.mark.parametrize(
    "given, test",
    [
        (False, "Set dataset.split.test above 0, or give them a list or a folder of their own."),
        (True, "Give them a list or a folder of their own."),
    ],
)
def test_a_split_without_images_gets_them_where_the_split_is_defined(given: bool, test: str):
    rows = (("a/1", 0, "a", "train"), ("b/1", 1, "b", "val"))
    table = replace(table_of(*rows), split_given=given)
    assert lines(table, Kind.EMPTY_SPLIT) == [f"there are no test images. {test}"]


def test_paths_and_classes_that_differ_only_by_case_or_unicode_form_are_found():
    table = table_of(
        ("caf\u00e9/1", 0, "caf\u00e9", "train"),
        ("cafe\u0301/1", 1, "cafe\u0301", "train"),
        ("Silk/1", 2, "Silk", "train"),
        ("silk/1", 3, "silk", "train"),
        ("silk/2", 3, "silk", "train"),
    )
    paths, classes = lines(table, Kind.SIMILAR_NAMES)
    assert paths.startswith(
        "4 paths differ only by case or Unicode form ('Silk/1' and 'silk/1', 'cafe"
    )
    assert classes.startswith("4 classes differ only by case")
    assert not lines(
        table_of(("a/1", 0, "a", "train"), ("b/1", 1, "b", "train")), Kind.SIMILAR_NAMES
    )


def test_labels_that_contradict_folders_named_after_classes_are_found():
    rows = [
        (f"{name}/{i}", label, name, "train") for label, name in enumerate("ab") for i in range(9)
    ]
    assert not lines(table_of(*rows), Kind.MISPLACED_FILES)
    misplaced = table_of(*rows, ("a/wrong", 1, "b", "train"))
    (line,) = lines(misplaced, Kind.MISPLACED_FILES)
    assert line == (
        "1 image in the folder of another class (a/wrong labelled b). Correct the labels or move "
        "the images."
    )


def test_folders_that_happen_to_have_the_names_of_classes_are_ignored():
    rows = [(f"{press}/{i}", i % 3, str(i % 3), "train") for press in range(3) for i in range(9)]
    assert not lines(table_of(*rows), Kind.MISPLACED_FILES)
