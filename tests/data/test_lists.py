from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vitac_tui.data.layouts.lists import read
from vitac_tui.data.table import Sample
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import Columns, ListLayout


def read_set(root: Path, **settings: Any) -> tuple[list[Sample], list[str]]:
    found = read(ListLayout(layout="list", root=str(root), **settings), root)
    return list(found.samples), list(found.warnings)


@pytest.fixture(autouse=True)
def _images(draw_all):
    draw_all("wool/1.png", "wool/2.png", "cotton/1.png")


def test_text_labels_are_numbered_in_their_order_over_all_lists(tmp_path: Path):
    (tmp_path / "train.txt").write_text("wool/1.png,wool\nwool/2.png,wool\n")
    (tmp_path / "test.csv").write_text("cotton/1.png,cotton\n")
    samples, _ = read_set(tmp_path, train_list="train.txt", test_list="test.csv")
    assert [(s.label, s.class_name, s.split) for s in samples] == [
        (1, "wool", "train"),
        (1, "wool", "train"),
        (0, "cotton", "test"),
    ]


def test_whole_numbers_are_class_ids_as_they_are(tmp_path: Path):
    (tmp_path / "train.txt").write_text("wool/1.png 107\ncotton/1.png 007\n")
    samples, _ = read_set(tmp_path, train_list="train.txt")
    assert [(s.label, s.class_name) for s in samples] == [(107, "107"), (7, "7")]


def test_a_path_alone_takes_its_folders_name(tmp_path: Path):
    (tmp_path / "all.txt").write_text("wool/1.png\ncotton/1.png\n")
    samples, warnings = read_set(tmp_path, list="all.txt")
    assert [(s.label, s.class_name, s.split) for s in samples] == [
        (1, "wool", ""),
        (0, "cotton", ""),
    ]
    assert "2 of 2 images have no known group" in warnings[0]


def test_a_csv_gives_group_session_and_split(tmp_path: Path):
    (tmp_path / "all.csv").write_text(
        "file,cloth,press,day,part\n"
        "wool/1.png,wool,1,mon,Training\nwool/2.png,wool,2,mon,valid\ncotton/1.png,cotton,1,tue,test\n"
    )
    columns = Columns(path="file", label="cloth", group="press", session="day", split="part")
    samples, warnings = read_set(tmp_path, list="all.csv", columns=columns)
    assert [(s.group, s.session, s.split) for s in samples] == [
        ("wool/1", "mon", "train"),
        ("wool/2", "mon", "val"),
        ("cotton/1", "tue", "test"),
    ]
    assert warnings == []


@pytest.mark.parametrize(
    "labels, wrong",
    [
        (("0", "1", "-1"), r"all\.csv:4: the label -1 is not a class number"),
        (("0", "nan", "1"), r"all\.csv:3: the label nan is not a class number"),
        (("0", "inf", "1"), r"all\.csv:3: the label inf is not a class number"),
        (("wool", "nan", "-1"), ""),
        (("0.5", "1.5", "2"), ""),
    ],
)
def test_numbers_that_count_nothing_are_no_classes_but_text_is_text(tmp_path: Path, labels, wrong):
    paths = ("wool/1.png", "wool/2.png", "cotton/1.png")
    rows = "".join(f"{path},{label}\n" for path, label in zip(paths, labels, strict=True))
    (tmp_path / "all.csv").write_text("path,label\n" + rows)
    if wrong:
        with pytest.raises(UserError, match=wrong):
            read_set(tmp_path, list="all.csv")
    else:
        assert {s.class_name for s in read_set(tmp_path, list="all.csv")[0]} == set(labels)


def test_a_line_without_label_among_others_with_one_is_refused(tmp_path: Path):
    (tmp_path / "all.txt").write_text("wool/1.png 3\ncotton/1.png\n")
    with pytest.raises(UserError, match=r"all\.txt:2: 'cotton/1\.png' has no label"):
        read_set(tmp_path, list="all.txt")


@pytest.mark.parametrize(
    "split, message",
    [
        ("tset", r"all\.csv:2: 'tset' is not a split \(did you mean 'test'\?\)"),
        ("", r"all\.csv:2: the split is empty"),
    ],
)
def test_a_wrong_split_is_refused_with_its_line(tmp_path: Path, split: str, message: str):
    (tmp_path / "all.csv").write_text(f"path,label,split\nwool/1.png,wool,{split}\n")
    with pytest.raises(UserError, match=message):
        read_set(tmp_path, list="all.csv", columns=Columns(split="split"))


@pytest.mark.parametrize(
    "settings, message",
    [
        ({}, "no list is named"),
        ({"list": "a.txt", "train_list": "a.txt"}, "both dataset.list and dataset.train_list"),
        ({"list": "b.txt"}, r"there is no 'b\.txt'.*did you mean 'a\.txt'"),
    ],
)
def test_the_lists_must_be_named_and_there(tmp_path: Path, settings, message: str):
    (tmp_path / "a.txt").write_text("wool/1.png 1\n")
    with pytest.raises(UserError, match=message):
        read_set(tmp_path, **settings)
