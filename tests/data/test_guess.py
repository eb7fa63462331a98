from __future__ import annotations

from pathlib import Path

import pytest

from vitac_tui.data.guess import guess_layout
from vitac_tui.data.read import read_dataset
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import FolderLayout, ListLayout, PatternLayout, Split, VitacLayout


def images(*templates: str, count: int = 4) -> list[str]:
    return [template.format(i) for template in templates for i in range(count)]


def test_vitac_folders_are_recognised_with_their_lists(tmp_path: Path, draw_all):
    names = images("vis0011/photo{}_1.png", "vis0022/photo{}_1.png")
    draw_all(*names, *(name.replace("vis", "CD").replace("photo", "press") for name in names))
    for modality, listed in (
        ("visual", names),
        ("tactile", [n.replace("vis", "CD").replace("photo", "press") for n in names]),
    ):
        lines = "".join(f"\n{name} {int(name.split('/')[0][-2:])}" for name in listed)
        (tmp_path / f"{modality}_train.txt").write_text(lines)
    guess = guess_layout(tmp_path)
    assert isinstance(guess.dataset, VitacLayout)
    assert guess.dataset.train_list == "visual_train.txt"
    felt = guess_layout(tmp_path, "tactile")
    assert isinstance(felt.dataset, VitacLayout)
    assert felt.dataset.train_list == "tactile_train.txt"
    assert len(felt.examples) == 3


def test_tactile_cloths_alone_are_read_as_tactile(tmp_path: Path, draw_all):
    draw_all(*images("CD0011/press{}_1.png", "CD0022/press{}_1.png"))
    assert guess_layout(tmp_path).dataset.modality == "tactile"


def test_a_folder_a_class(tmp_path: Path, draw_all):
    draw_all(*images("wool/{}.png", "silk/{}.png"))
    guess = guess_layout(tmp_path)
    assert isinstance(guess.dataset, FolderLayout)
    assert [s.class_name for s in guess.examples] == ["silk", "wool", "silk"]
    assert guess.notes == ()


def test_a_csv_with_familiar_columns(tmp_path: Path, draw_all):
    draw_all(*images("images/{}.png", count=8))
    rows = "".join(f"images/{i}.png,{'wool' if i % 2 else 'silk'},{i}\n" for i in range(8))
    (tmp_path / "labels.csv").write_text("Filename,Material,press\n" + rows)
    guess = guess_layout(tmp_path)
    assert isinstance(guess.dataset, ListLayout)
    assert guess.dataset.columns.path == "Filename"
    assert guess.dataset.columns.group == "press"


def test_lists_by_split(tmp_path: Path, draw_all):
    draw_all(*images("images/{}.png"))
    (tmp_path / "train.txt").write_text("images/0.png 1\nimages/1.png 1\nimages/2.png 1\n")
    (tmp_path / "test.txt").write_text("images/3.png 1\n")
    guess = guess_layout(tmp_path)
    assert isinstance(guess.dataset, ListLayout)
    assert (guess.dataset.train_list, guess.dataset.test_list) == ("train.txt", "test.txt")


@pytest.mark.parametrize(
    "train, val, test",
    [
        ("train", "validation", "testing"),
        ("training", "valid", "test"),
        ("my-train", "dev", "test"),
    ],
)
def test_lists_are_known_by_all_words_for_their_split(
    tmp_path: Path, draw_all, train: str, val: str, test: str
):
    draw_all(*images("images/{}.png", count=3))
    for row, name in enumerate((train, val, test)):
        (tmp_path / f"{name}.txt").write_text(f"images/{row}.png 1\n")
    guess = guess_layout(tmp_path)
    assert isinstance(guess.dataset, ListLayout)
    assert guess.dataset.train_list == f"{train}.txt"
    assert guess.dataset.val_list == f"{val}.txt"
    assert guess.dataset.test_list == f"{test}.txt"


def test_two_modality_trees(tmp_path: Path, draw_all):
    draw_all(*images("vision/cup/{}/1.png", "touch/cup/{}/1.png", "touch/pan/{}/1.png"))
    guess = guess_layout(tmp_path, "tactile")
    assert isinstance(guess.dataset, PatternLayout)
    assert guess.dataset.pattern == "{modality}/{class}/{group}/*"
    assert guess.table.class_names == ("cup", "pan")


def test_flat_names_that_begin_with_the_class(tmp_path: Path, draw_all):
    draw_all(*images("images/F0001_{}.png", "images/F0002_{}.png"))
    guess = guess_layout(tmp_path)
    assert isinstance(guess.dataset, PatternLayout)
    assert guess.table.class_names == ("F0001", "F0002")


def test_a_lone_class_is_one_and_the_other_reading_is_noted(tmp_path: Path, draw_all):
    draw_all(*images("wool/press1_{}.png", "wool/press2_{}.png"))
    guess = guess_layout(tmp_path)
    assert guess.table.class_names == ("wool",)
    assert "--layout pattern --set dataset.pattern='*/{class}_*'" in guess.notes[0]


@pytest.mark.parametrize("inside", [[], ["notes.txt"]])
@pytest.mark.parametrize(
    "names", ["wool/{}.png silk/{}.png", "wool/press1_{}.png wool/press2_{}.png"]
)
def test_a_folder_without_images_is_no_class_and_changes_no_other(
    tmp_path, draw_all, names, inside
):
    draw_all(*images(*names.split()))
    (tmp_path / "linen").mkdir()
    for name in inside:
        (tmp_path / "linen" / name).write_text("to be filled")
    guess = guess_layout(tmp_path)
    assert isinstance(guess.dataset, FolderLayout)
    assert set(guess.table.class_names) == {name.split("/")[0] for name in names.split()}
    assert "not a class, without images: 1 folder: linen" in guess.table.warnings


def test_a_layout_that_was_passed_over_is_noted_with_its_problem(tmp_path: Path, draw_all):
    draw_all(*images("wool/{}.png", "silk/{}.png"))
    (tmp_path / "train.txt").write_text("wool/0.png wool\nwool/gone.png wool\n")
    guess = guess_layout(tmp_path)
    assert isinstance(guess.dataset, FolderLayout)
    assert (
        "layout list does not fit: train.txt:2: image not found: 'wool/gone.png'" in guess.notes[0]
    )


def test_what_the_user_wants_is_tried_with_every_layout(tmp_path: Path, draw_all):
    draw_all(*images("wool/{}.png", "silk/{}.png"))
    wanted = Split(test=0.5, val=0.0)
    guess = guess_layout(tmp_path, change=lambda d: d.model_copy(update={"split": wanted}))
    assert guess.dataset.split == wanted
    assert len(guess.table.rows("test")) == 4


def test_a_split_that_the_groups_do_not_allow_is_softened_and_noted(tmp_path: Path, draw_all):
    draw_all(*images("wool/p/{}.png", "wool/q/{}.png", "silk/p/{}.png", "silk/q/{}.png"))
    guess = guess_layout(tmp_path)
    assert guess.dataset.split.val == 0
    assert "class 'silk' has 2 groups" in guess.notes[0]


def test_what_was_guessed_reads_the_same_again(tmp_path: Path, draw_all):
    draw_all(*images("wool/{}.png", "silk/{}.png"))
    guess = guess_layout(tmp_path)
    assert read_dataset(guess.dataset) == guess.table


@pytest.mark.parametrize("names", [[], ["1.png", "2.png"]])
def test_where_nothing_fits_an_example_and_a_remedy_are_given(tmp_path: Path, draw_all, names):
    draw_all(*names)
    with pytest.raises(UserError, match=r"no layout fits .* such as '1\.png'|there is no image"):
        guess_layout(tmp_path)
