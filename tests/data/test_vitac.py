from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from vitac_tui.audit.assessment import assess
from vitac_tui.data.layouts.vitac import cloth_folder, read
from vitac_tui.data.read import read_dataset
from vitac_tui.data.table import Sample
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import Split, VitacLayout

GIVEN = "(.)"  # groups are named, so that no warning asks for them


def read_set(root: Path, **settings: Any) -> tuple[list[Sample], list[str]]:
    found = read(VitacLayout(layout="vitac", root=str(root), **settings), root)
    return list(found.samples), list(found.warnings)


def facts(samples: list[Sample]) -> list[tuple[str, int, str]]:
    return sorted((sample.path, sample.label, sample.split) for sample in samples)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("vis0011", (11, "visual", False)),
        ("CD0101", (101, "tactile", False)),
        ("11v", (11, "visual", False)),
        ("107t", (107, "tactile", False)),
        ("11t_test", (11, "tactile", True)),
        ("VIS0011_TEST", (11, "visual", True)),
        ("visual", None),
        ("11x", None),
        ("cd", None),
    ],
)
def test_a_folder_name_tells_class_modality_and_split(name: str, expected):
    cloth = cloth_folder(name)
    assert (cloth and (cloth.label, cloth.modality, cloth.is_test)) == expected


def test_without_lists_test_folders_are_test_and_the_others_train(tmp_path: Path, draw_all):
    draw_all("deep/11v/IMG_1_1.jpg", "deep/11v_test/IMG_1_2.jpg", "deep/11t/1_1.jpg")
    samples, warnings = read_set(tmp_path)
    assert facts(samples) == [
        ("deep/11v/IMG_1_1.jpg", 11, "train"),
        ("deep/11v_test/IMG_1_2.jpg", 11, "test"),
    ]
    assert {sample.group for sample in samples} == {"deep/11v/IMG_1"}
    assert warnings == []


def test_without_test_folders_the_split_is_left_open(tmp_path: Path, draw_all):
    draw_all("vis0011/photo1_1.png", "vis0022/photo1_1.png")
    samples, _ = read_set(tmp_path)
    assert facts(samples) == [("vis0011/photo1_1.png", 11, ""), ("vis0022/photo1_1.png", 22, "")]


def test_images_outside_of_cloth_folders_are_counted(tmp_path: Path, draw_all):
    draw_all("vis0011/1.png", "logo.png")
    _, warnings = read_set(tmp_path, group=GIVEN)
    assert warnings == ["ignored, not in a folder of a cloth: 1 image, such as logo.png"]


def test_an_empty_cloth_of_the_modality_is_refused(tmp_path: Path, draw_all):
    draw_all("all/vis0011/deeper/1.png")
    for name in ("CD0022", "vis0033"):
        (tmp_path / "all" / name).mkdir()
    with pytest.raises(UserError, match="the class folder 'all/vis0033' holds no image"):
        read_set(tmp_path)


def test_the_other_modality_alone_is_an_error_that_names_the_remedy(tmp_path: Path, draw_all):
    draw_all("CD0101/press1_1.png")
    with pytest.raises(UserError, match=r'no visual image .* set dataset.modality = "tactile"'):
        read_set(tmp_path)


def test_lists_decide_labels_and_split(tmp_path: Path, draw_all):
    draw_all("vis0011/a.png", "vis0022/my photo.png", "vis0022/c.png")
    (tmp_path / "train.txt").write_bytes(b"\xef\xbb\xbf\r\nvis0011/a.png 11\r\nvis0022\\c.png")
    (tmp_path / "test.txt").write_text("\nvis0022/my photo.png 22")
    samples, warnings = read_set(
        tmp_path, group=GIVEN, train_list="train.txt", test_list="test.txt"
    )
    assert facts(samples) == [
        ("vis0011/a.png", 11, "train"),
        ("vis0022/c.png", 22, "train"),
        ("vis0022/my photo.png", 22, "test"),
    ]
    assert warnings == []


def test_paths_count_from_the_lists_folder_or_from_the_root(tmp_path: Path, draw_all):
    draw_all("data/vis0011/a.png", "data/vis0011/b.png", "data/vis0011/c.png")
    text = f"vis0011/a.png 11\ndata/vis0011/b.png 11\n{tmp_path}/data/vis0011/c.png 11\n"
    (tmp_path / "data/train.txt").write_text(text)
    samples, _ = read_set(tmp_path, train_list="data/train.txt")
    assert [sample.path for sample in samples] == [f"data/vis0011/{n}.png" for n in "abc"]


def test_a_label_that_disagrees_with_the_folder_wins_and_is_reported(tmp_path: Path, draw_all):
    draw_all("vis0011/a.png", "vis0022/b.png")
    (tmp_path / "train.txt").write_text("vis0011/a.png 11\nvis0022/b.png 21\n")
    samples, warnings = read_set(tmp_path, group=GIVEN, train_list="train.txt")
    assert [sample.label for sample in samples] == [11, 21]
    (warning,) = warnings
    assert "1 listed labels differ" in warning
    assert "train.txt:2: vis0022/b.png has the label 21, not 22" in warning


def test_listed_images_of_the_other_modality_are_ignored_and_counted(tmp_path: Path, draw_all):
    draw_all("vis0011/a.png", "CD0011/b.png")
    (tmp_path / "train.txt").write_text("CD0011/b.png 11\nvis0011/a.png 11\n")
    samples, warnings = read_set(tmp_path, group=GIVEN, train_list="train.txt")
    assert [sample.path for sample in samples] == ["vis0011/a.png"]
    assert warnings == ["ignored, of the other modality: 1 listed image, the first at train.txt:1"]


def test_an_entry_that_stands_twice_is_ignored_and_counted(tmp_path: Path, draw_all):
    draw_all("vis0011/a.png")
    (tmp_path / "train.txt").write_text("vis0011/a.png 11\n./vis0011/a.png 11\n")
    samples, warnings = read_set(tmp_path, group=GIVEN, train_list="train.txt")
    assert len(samples) == 1
    assert warnings == ["train.txt: ignored, repeated: 1 entry"]


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "vis0011/a.png 11\nvis0011/z.png 11\n",
            r"train\.txt:2: image not found: 'vis0011/z\.png' \(1 of 2",
        ),
        ("../outside.png 11\n", r"train\.txt:1: '\.\./outside\.png' leads out"),
        ("/etc/passwd 11\n", r"train\.txt:1: '/etc/passwd' leads out"),
        ("link.png 11\n", r"train\.txt:1: 'link\.png' leads out"),
        ("out/outside.png 11\n", r"train\.txt:1: 'out/outside\.png' leads out"),
        ("fifo.png 11\n", r"train\.txt:1: 'fifo\.png' is not a regular file"),
        ("vis0011/a.png x\n", r"train\.txt:1: the label 'x' is not a class number"),
        ("vis0011/a.png -1\n", r"train\.txt:1: the label '-1' is not a class number"),
        ("loose.png\n", r"train\.txt:1: 'loose\.png' has no label"),
        (
            "vis0011/a.png 11\nvis0011/a.png 12\n",
            r"train\.txt:2: .* label '12' here, but '11' in line 1",
        ),
        ("\n\n", r"train\.txt: the list is empty"),
        ("CD0011/b.png 11\n", r"train\.txt:1: no visual image is listed"),
        ("vis0011/\x1b[2J.png 11\n", r"\\x1b\[2J\.png"),
    ],
)
def test_a_wrong_entry_is_refused_with_file_and_line(
    tmp_path: Path, draw_all, text: str, message: str
):
    draw_all("set/vis0011/a.png", "set/CD0011/b.png", "set/loose.png", "outside.png")
    root = tmp_path / "set"
    (root / "link.png").symlink_to("../outside.png")
    (root / "out").symlink_to("..")
    os.mkfifo(root / "fifo.png")
    (root / "train.txt").write_text(text)
    with pytest.raises(UserError, match=message) as refused:
        read_set(root, train_list="train.txt")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    "name, message",
    [
        ("trian.txt", r"there is no 'trian\.txt' .* \(did you mean 'train\.txt'\?\)"),
        ("../train.txt", "lies outside"),
        ("linked.txt", "lies outside"),
        ("fifo.txt", "not a regular file"),
        ("vis0011", "not a regular file"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_by_its_setting(
    tmp_path: Path, draw_all, name: str, message: str
):
    draw_all("set/vis0011/a.png")
    root = tmp_path / "set"
    (root / "train.txt").write_text("vis0011/a.png 11\n")
    (tmp_path / "train.txt").write_text("")
    (root / "linked.txt").symlink_to("../train.txt")
    os.mkfifo(root / "fifo.txt")
    with pytest.raises(UserError, match=message) as refused:
        read_set(root, train_list=name)
    assert refused.value.where == "dataset.train_list"


def test_the_action_selects_by_the_path_below_the_root_only(tmp_path: Path, draw_all):
    draw_all("press-set/CD0011/Press/1_1.png", "press-set/CD0011/slide/2_1.png")
    samples, _ = read_set(tmp_path / "press-set", modality="tactile", action="press")
    assert [sample.path for sample in samples] == ["CD0011/Press/1_1.png"]
    with pytest.raises(UserError, match=r"dataset\.action: 'twist' matches none of 2 paths"):
        read_set(tmp_path / "press-set", modality="tactile", action="twist")


def test_tactile_names_that_tell_no_press_are_grouped_by_recording_and_said_so(
    tmp_path: Path, draw_all
):
    draw_all("11t/1_1.jpg", "11t/2_1.jpg", "11t/press3_1.jpg")
    samples, warnings = read_set(tmp_path, modality="tactile")
    assert sorted({sample.group for sample in samples}) == ["11t/1-2", "11t/press3"]
    assert "the names of 2 of 3 images do not contain the press" in warnings[0]
    assert "(1 group, such as 11t/1-2)" in warnings[0]
    _, warnings = read_set(tmp_path, modality="tactile", group="(.)")
    assert warnings == []


@pytest.mark.parametrize("lists", [{}, {"train_list": "train.txt", "test_list": "test.txt"}])
def test_photos_of_plain_names_have_no_known_group_and_that_is_said(
    tmp_path: Path, draw_all, lists: dict[str, str]
):
    names = [f"vis{label:04}/IMG_{photo}.png" for label in (11, 22) for photo in range(2460, 2466)]
    draw_all(*names)
    (tmp_path / "train.txt").write_text("\n".join(names[:9]))
    (tmp_path / "test.txt").write_text("\n".join(names[9:]))
    dataset = VitacLayout(layout="vitac", root=str(tmp_path), **lists)
    table = read_dataset(dataset)
    assert [sample.group for sample in table.samples] == names
    assert table.warnings[0].startswith("12 of 12 images have no known group: near-duplicates may")
    assert "groups (unknown)" in assess(table).verdict
    table = read_dataset(dataset.model_copy(update={"split": Split(by="image")}))
    assert not any("no known group" in warning for warning in table.warnings)
