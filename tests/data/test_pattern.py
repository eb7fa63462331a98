from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vitac_tui.data.layouts.pattern import compile_pattern, read
from vitac_tui.data.table import Sample
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import PatternLayout


def read_set(root: Path, pattern: str, **settings: Any) -> tuple[list[Sample], list[str]]:
    found = read(PatternLayout(layout="pattern", root=str(root), pattern=pattern, **settings), root)
    return list(found.samples), list(found.warnings)


def test_fields_are_read_from_the_path_and_groups_qualified_by_what_stands_above(
    tmp_path: Path, draw_all
):
    draw_all("cotton/press_01/frame_0007.png", "wool/press_01/frame_0008.png")
    samples, warnings = read_set(tmp_path, "{class}/{group}/frame_{frame}.png")
    assert [(s.class_name, s.label, s.group, s.frame) for s in samples] == [
        ("cotton", 0, "cotton/press_01", 7),
        ("wool", 1, "wool/press_01", 8),
    ]
    assert warnings == []


def test_numbers_are_class_ids_as_they_are(tmp_path: Path, draw_all):
    draw_all("F0107_1.png", "F0023_1.png")
    samples, _ = read_set(tmp_path, "F{class}_*.png")
    assert sorted(s.label for s in samples) == [23, 107]


def test_folders_that_spell_a_number_differently_are_different_classes(tmp_path: Path, draw_all):
    draw_all("1/a.png", "01/a.png", "2/a.png")
    samples, _ = read_set(tmp_path, "{class}/*.png")
    assert sorted((s.class_name, s.label) for s in samples) == [("01", 0), ("1", 1), ("2", 2)]


def test_a_class_can_be_told_by_a_regular_expression(tmp_path: Path, draw_all):
    draw_all("15a-scale_10_im_1.png", "15a-scale_2_im_3.png", "7b-scale_10_im_2.png")
    pattern = "{class:[0-9]+[a-z]}-{group:scale_[0-9]+}_im_{frame}.png"
    samples, warnings = read_set(tmp_path, pattern)
    assert {(s.class_name, s.group, s.frame) for s in samples} == {
        ("15a", "scale_10", 1),
        ("15a", "scale_2", 3),
        ("7b", "scale_10", 2),
    }
    assert warnings == []


def test_a_star_before_a_frame_leaves_all_its_digits(tmp_path: Path, draw_all):
    draw_all("a/im_12.png")
    ((frame),) = [s.frame for s in read_set(tmp_path, "{class}/*{frame}.png")[0]]
    assert frame == 12


def test_of_two_modality_trees_one_is_read_and_paired_with_the_other(tmp_path: Path, draw_all):
    draw_all("vision/cup/1.png", "touch/cup/1.png")
    (seen,), _ = read_set(tmp_path, "{modality}/{class}/{frame}.png")
    (felt,), _ = read_set(tmp_path, "{modality}/{class}/{frame}.png", modality="tactile")
    assert (seen.path, felt.path) == ("vision/cup/1.png", "touch/cup/1.png")
    assert seen.pair == felt.pair != ""


def test_a_split_in_the_path_decides(tmp_path: Path, draw_all):
    draw_all("train/a/1.png", "valid/a/1.png", "test/a/1.png")
    samples, _ = read_set(tmp_path, "{split}/{class}/*")
    assert sorted(s.split for s in samples) == ["test", "train", "val"]


def test_images_that_do_not_match_and_missing_groups_are_warned_about(tmp_path: Path, draw_all):
    draw_all("a/1.png", "b/1.png", "b/deeper/1.png")
    _, warnings = read_set(tmp_path, "{class}/*.png")
    assert "ignored, not matching the pattern: 1 image" in warnings[0]
    assert "2 of 2 images have no known group" in warnings[1]


@pytest.mark.parametrize(
    "pattern, message",
    [
        ("{group}/*.png", r"has no \{class\}"),
        ("{class}/{gruop}.png", r"unknown field \{gruop\} \(did you mean 'group'\?\)"),
        ("{class/*.png", "brace without its partner"),
        ("{class}*.png", r"nothing marks the end of \{class\} before \* in"),
        ("*{class}.png", r"nothing marks the end of \* before \{class\} in"),
        ("{group}{class}.png", r"nothing marks the end of \{group\} before \{class\} in"),
        ("{class:[a}.png", r"\{class:\[a\} is not a regular expression"),
        ("{class}/*.jpg", r"matches none of 1 images, such as 'a/1\.png'"),
        ("{split}/{class}.png", r"\{split\} matches 'a'"),
        ("{modality}/{class}.png", r"\{modality\} matches 'a', which is not a known name"),
    ],
)
def test_a_wrong_pattern_is_refused_with_an_example(
    tmp_path: Path, draw_all, pattern: str, message: str
):
    draw_all("a/1.png")
    with pytest.raises(UserError, match=message):
        read_set(tmp_path, pattern)


@pytest.mark.parametrize(
    "pattern, path, matches",
    [
        ("{class}/*.png", "a.b+c/x.png", True),
        ("{class}/*.png", "a/b/x.png", False),
        ("{class}/{class}_*.png", "a/a_1.png", True),
        ("{class}/{class}_*.png", "a/b_1.png", False),
        ("x.{class}.png", "xxa.png", False),
        ("{class:[a-z]{2,3}}*.png", "abc1.png", True),
        ("{class:[a-z]{2,3}}*.png", "a1.png", False),
        ("{class}/a{frame}*.png", "a/a12b.png", True),
        ("{class}/{frame}.png", "a/b.png", False),
        ("./{class}\\*.png", "a/1.png", True),
        ("{class}/*.png", "a/line\nbreak.png", True),
        (f"{{class}}/{'*' * 40}x", f"a/{'y' * 40}", False),
    ],
)
def test_what_a_pattern_matches(pattern: str, path: str, matches: bool):
    assert bool(compile_pattern(pattern).fullmatch(path)) == matches
