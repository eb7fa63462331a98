from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from vitac_tui.audit.assessment import assess
from vitac_tui.data.read import read_dataset, require_trainable
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import LAYOUTS, FolderLayout, Split, VitacLayout

IMAGES = [f"{name}/{group}_{i}.png" for name in ("a", "b") for group in "pqrs" for i in range(3)]


def settings(root: str | Path, **more) -> FolderLayout:
    return FolderLayout(layout="folder", root=str(root), **more)


def test_a_dataset_is_read_into_a_table_in_order_of_paths_with_every_image_in_a_split(
    tmp_path: Path, draw_all
):
    draw_all(*(f"set/{path}" for path in IMAGES))
    table = read_dataset(
        settings("set", group="/(.)_", split=Split(test=0.25, val=0.25)), working_dir=tmp_path
    )
    assert table.root == tmp_path / "set"
    assert [sample.path for sample in table.samples] == sorted(IMAGES)
    assert {sample.split for sample in table.samples} == {"train", "val", "test"}
    assert table.class_names == ("a", "b")
    assert table.warnings == ()


def test_reading_twice_gives_the_same_table(tmp_path: Path, draw_all):
    draw_all(*IMAGES)
    assert read_dataset(settings(tmp_path)) == read_dataset(settings(tmp_path))


def test_the_group_setting_replaces_the_layouts_rule_and_is_qualified_by_class(
    tmp_path: Path, draw_all
):
    draw_all(*IMAGES)
    table = read_dataset(settings(tmp_path, group="/(.)_"))
    assert {sample.group for sample in table.samples} == {f"{c}/{g}" for c in "ab" for g in "pqrs"}


@pytest.mark.parametrize(
    "pattern, message",
    [
        ("(nothing)", r"dataset\.group: '\(nothing\)' finds a group for 0 of 24 images"),
        ("([pqr])_", r"finds a group for 18 of 24 images, but not for 'a/s_0\.png'"),
        ("(x?)_", "finds a group for 0 of 24"),
    ],
)
def test_a_group_pattern_that_leaves_images_without_group_is_refused(
    tmp_path: Path, draw_all, pattern: str, message: str
):
    draw_all(*IMAGES)
    with pytest.raises(UserError, match=message):
        read_dataset(settings(tmp_path, group=pattern))


def test_the_split_of_an_earlier_run_replaces_any_other(tmp_path: Path, draw_all):
    draw_all("a/1.png", "b/1.png")
    table = read_dataset(
        settings(tmp_path, split=Split(**{"from": "run"})),
        split_of={"a/1.png": {"train"}, "b/1.png": {"test"}},
    )
    assert [sample.split for sample in table.samples] == ["train", "test"]
    with pytest.raises(UserError, match=r"dataset\.split\.from: the split of 'run' is needed"):
        read_dataset(settings(tmp_path, split=Split(**{"from": "run"})))


@pytest.mark.parametrize(
    "root, message",
    [
        ("", "no folder is set"),
        ("nowhere", "there is no folder '.*/nowhere'; a relative path starts at"),
        ("file", "'.*/file' is not a folder"),
        ("nul\0", "there is no folder"),
        ("~nosuchuser/set", "there is no folder '.*/~nosuchuser/set'"),
        ("set\udcff", r"the folder's name '.*set\\udcff' is not UTF-8 text"),
        ("empty", "no class folder"),
    ],
)
def test_a_root_that_is_no_dataset_is_refused(tmp_path: Path, root: str, message: str):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=message):
        read_dataset(settings(root), working_dir=tmp_path)


def test_a_root_with_parent_folders_in_it_is_made_plain(tmp_path: Path, draw_all):
    draw_all(*(f"set/{path}" for path in IMAGES))
    table = read_dataset(settings("other/../set"), working_dir=tmp_path)
    assert table.root == tmp_path / "set"


def test_warnings_are_one_line_whatever_names_hold(tmp_path: Path, draw_all):
    draw_all("vis0011/photo1_1.png", "vis0011/photo2_1.png", "evil\n\x1b[2J.png")
    dataset = VitacLayout(layout="vitac", root=str(tmp_path), split=Split(test=0.5, val=0.0))
    (warning,) = read_dataset(dataset).warnings
    assert warning.isprintable()
    assert r"evil\n\x1b[2J.png" in warning


def test_names_of_classes_are_printable_text_and_paths_stay_as_they_are(tmp_path: Path, draw_all):
    odd = ("a\x1b[2J", "b\nc", "d\udcff")
    draw_all("a/1.png")
    for name in odd:
        (tmp_path / "a").rename(tmp_path / name)
        draw_all("a/1.png")
    table = read_dataset(settings(tmp_path, split=Split(test=0.0, val=0.0)))
    assert table.class_names == ("a", r"a\x1b[2J", r"b\nc", r"d\udcff")
    assert {sample.path for sample in table.samples} == {f"{name}/1.png" for name in ("a", *odd)}


def test_training_needs_two_classes_and_each_of_them_in_train():
    one = Sample("a/1.png", 0, "wool", split="train")
    two = Sample("b/1.png", 1, "silk", split="test")
    with pytest.raises(UserError, match="only one class, 'wool'") as refused:
        require_trainable(SampleTable(Path("/set"), (one,)))
    named = re.findall(r"dataset\.([a-z]+)", refused.value.remedy)
    assert named
    for layout in LAYOUTS.values():  # advice that every layout can follow
        assert set(named) <= layout.model_fields.keys()
    with pytest.raises(UserError, match="1 of 2 classes have no training image: silk"):
        require_trainable(SampleTable(Path("/set"), (one, two)))
    with pytest.raises(UserError, match="there are no training images"):
        require_trainable(SampleTable(Path("/set"), (two, Sample("c", 0, "wool", split="test"))))
    require_trainable(SampleTable(Path("/set"), (one, Sample("c", 1, "silk", split="train"))))


def test_an_image_in_two_lists_stays_in_both_splits_so_that_the_leak_is_seen(
    tmp_path: Path, draw_all
):
    draw_all("vis0011/photo1_1.png", "vis0022/photo1_1.png")
    (tmp_path / "train.txt").write_text("vis0011/photo1_1.png\nvis0022/photo1_1.png\n")
    (tmp_path / "test.txt").write_text("vis0011/photo1_1.png\n")
    table = read_dataset(
        VitacLayout(
            layout="vitac",
            root=str(tmp_path),
            train_list="train.txt",
            test_list="test.txt",
            split=Split(val=0.0),
        )
    )
    assert assess(table).verdict.startswith("leak: 1 test image also listed for training")


def test_reading_needs_no_torch():
    code = (
        "import sys, vitac_tui.data.guess, vitac_tui.audit.survey\n"
        "import vitac_tui.data.layouts.sample, vitac_tui.images.builder\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'rich', 'textual')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
