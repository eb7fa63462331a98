from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vitac_tui.data.layouts.folder import read
from vitac_tui.data.table import Sample
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import FolderLayout, Split


def read_set(root: Path, **settings: Any) -> tuple[list[Sample], list[str]]:
    found = read(FolderLayout(layout="folder", root=str(root), **settings), root)
    return list(found.samples), list(found.warnings)


def test_classes_are_folder_names_numbered_in_their_order(tmp_path: Path, draw_all):
    draw_all("wool/1.png", "Cotton/1.png", "linen/1.png")
    samples, _ = read_set(tmp_path)
    assert [(s.class_name, s.label) for s in samples] == [("Cotton", 0), ("linen", 1), ("wool", 2)]
    assert {s.split for s in samples} == {""}


def test_split_folders_decide_the_split_and_classes_are_numbered_over_all(tmp_path: Path, draw_all):
    draw_all("train/a/1.png", "train/b/1.png", "Validation/b/1.png", "test/c/1.png")
    samples, _ = read_set(tmp_path)
    assert [(s.path, s.label, s.split) for s in sorted(samples, key=lambda s: s.label)] == [
        ("train/a/1.png", 0, "train"),
        ("Validation/b/1.png", 1, "val"),
        ("train/b/1.png", 1, "train"),
        ("test/c/1.png", 2, "test"),
    ]


def test_a_class_may_be_called_test_when_there_is_no_train_folder(tmp_path: Path, draw_all):
    draw_all("test/1.png", "other/1.png")
    samples, _ = read_set(tmp_path)
    assert {s.class_name for s in samples} == {"test", "other"}


def test_a_class_beside_split_folders_is_refused(tmp_path: Path, draw_all):
    draw_all("train/a/1.png", "test/a/1.png", "wool/1.png")
    with pytest.raises(UserError, match="next to test, train lies 'wool'"):
        read_set(tmp_path)


def test_deeper_folders_are_groups_qualified_by_their_class(tmp_path: Path, draw_all):
    draw_all("a/press_01/1.png", "a/press_01/2.png", "b/press_01/1.png")
    samples, warnings = read_set(tmp_path)
    assert [s.group for s in samples] == ["a/press_01", "a/press_01", "b/press_01"]
    assert [s.frame for s in samples] == [1, 2, 1]
    assert warnings == []


@pytest.mark.parametrize(
    "settings, warns",
    [
        ({}, True),
        ({"group": "(.)"}, False),
        ({"split": Split(by="image")}, False),
    ],
)
def test_unknown_groups_are_warned_about_where_the_split_goes_by_groups(
    tmp_path: Path, draw_all, settings: dict[str, Any], warns: bool
):
    draw_all("a/1.png", "b/1.png")
    _, warnings = read_set(tmp_path, **settings)
    assert any("2 of 2 images have no known group" in text for text in warnings) == warns


@pytest.mark.parametrize("prefix", ["", "train/"])
def test_folders_without_images_are_named_and_not_taken_for_classes(
    tmp_path: Path, draw_all, prefix: str
):
    draw_all(f"{prefix}a/1.png", f"{prefix}wool/1.png")
    (tmp_path / prefix / "lists/deeper").mkdir(parents=True)
    (tmp_path / prefix / "__MACOSX").mkdir()
    samples, warnings = read_set(tmp_path, group="(.)")
    assert {(s.class_name, s.label) for s in samples} == {("a", 0), ("wool", 1)}
    assert warnings == [f"not a class, without images: 2 folders: {prefix}__MACOSX, {prefix}lists"]


def test_excluded_files_and_folders_are_left_out_before_the_layout_is_read(
    tmp_path: Path, draw_all
):
    draw_all("train/a/1.png", "train/a/1_mask.png", "test/a/1.png", "thumbs/a/1.png")
    exclude = ("thumbs", "*_mask.png")
    samples, warnings = read_set(tmp_path, group="(.)", exclude=exclude)
    assert [s.path for s in samples] == ["test/a/1.png", "train/a/1.png"]
    assert warnings == ["left out by dataset.exclude: 2 entries"]
    with pytest.raises(UserError, match="lies 'thumbs', which is not a split"):
        read_set(tmp_path)


def test_images_without_a_class_folder_are_an_error(tmp_path: Path, draw_all):
    draw_all("1.png")
    with pytest.raises(UserError, match="no class folder"):
        read_set(tmp_path)


def test_other_files_and_stray_images_are_counted_and_hostile_names_escaped(
    tmp_path: Path, draw_all
):
    draw_all("a/1.png", "a/.DS_Store.png", "evil\x1b[31m.png")
    (tmp_path / "a/notes.txt").write_text("")
    _, warnings = read_set(tmp_path, group="(.)")
    assert warnings == [
        "ignored, not an image: 1 file",
        r"ignored, not in a class folder: 1 image, such as evil\x1b[31m.png",
    ]
