from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vitac_tui.audit.structure import class_counts, split_counts, structure_warnings
from vitac_tui.data.table import Sample, SampleTable


def table_of(*samples: tuple[str, int, str, str]) -> SampleTable:
    return SampleTable(
        Path("/set"),
        tuple(Sample(path, label, name, path, split=split) for path, label, name, split in samples),
    )


def found(table: SampleTable, word: str) -> list[str]:
    return [text for text in structure_warnings(table) if word in text]


def test_counts_are_of_each_split_and_each_class():
    table = table_of(("a/1", 0, "a", "train"), ("a/2", 0, "a", "test"), ("b/1", 1, "b", "train"))
    assert split_counts(table)["train"] == {"images": 2, "groups": 2}
    assert class_counts(table) == {
        "a": {"train": 1, "val": 0, "test": 1},
        "b": {"train": 1, "val": 0, "test": 0},
    }


@pytest.mark.parametrize(
    "given, test", [(False, "set dataset.split.test above 0, or name"), (True, "give them a list")]
)
def test_a_split_without_images_gets_them_where_the_split_comes_from(given: bool, test: str):
    table = replace(table_of(("a/1", 0, "a", "train")), split_given=given)
    assert found(table, f"there are no test images; {test}")
    assert found(table, "there are no validation images; set dataset.split.val above 0, or name")


def test_paths_and_classes_that_differ_by_case_or_unicode_form_alone_are_named():
    table = table_of(
        ("caf\u00e9/1", 0, "caf\u00e9", "train"),
        ("cafe\u0301/1", 1, "cafe\u0301", "train"),
        ("Silk/1", 2, "Silk", "train"),
        ("silk/1", 3, "silk", "train"),
        ("silk/2", 3, "silk", "train"),
    )
    assert found(
        table, "4 paths differ only by case or Unicode form, such as 'Silk/1' and 'silk/1'"
    )
    assert found(table, "4 classes differ only by case")
    assert not found(table_of(("a/1", 0, "a", "train"), ("b/1", 1, "b", "train")), "case")


def test_labels_that_disagree_with_folders_named_after_classes_are_named():
    rows = [
        (f"{name}/{i}", label, name, "train") for label, name in enumerate("ab") for i in range(9)
    ]
    assert not found(table_of(*rows), "folder")
    mislaid = table_of(*rows, ("a/wrong", 1, "b", "train"))
    assert found(mislaid, "in another class's folder: 1 image: a/wrong (labelled b)")


def test_folders_that_only_happen_to_be_called_like_classes_are_no_finding():
    rows = [(f"{press}/{i}", i % 3, str(i % 3), "train") for press in range(3) for i in range(9)]
    assert not found(table_of(*rows), "folder")
