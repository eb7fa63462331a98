from __future__ import annotations

import os
from pathlib import Path

import pytest

from vitac_tui.data.paths import Confined, is_excluded, refusals_named, scan
from vitac_tui.errors import UserError


def test_a_walk_finds_images_of_any_suffix_case_in_order_and_counts_the_rest(
    tmp_path: Path, draw_all
):
    draw_all("b/2.PNG", "a/1.jpg", "a/deeper/0.png", ".hidden/1.png", "a/.hidden.png")
    (tmp_path / "a/notes.txt").write_text("no image")
    found = scan(tmp_path)
    assert found.images == ("a/1.jpg", "a/deeper/0.png", "b/2.PNG")
    assert found.folders == ("a", "a/deeper", "b")
    assert found.ignored == 1


@pytest.mark.parametrize(
    "pattern, left",
    [
        ("thumbs", ["a/1.png", "a/2_mask.png", "b/thumbs.png"]),
        ("*_mask.png", ["a/1.png", "a/thumbs/1.png", "b/thumbs.png"]),
        ("a/thumbs", ["a/1.png", "a/2_mask.png", "b/thumbs.png"]),
        ("a/*", ["b/thumbs.png"]),
        ("a/", ["b/thumbs.png"]),
        ("a/1.png", ["a/2_mask.png", "a/thumbs/1.png", "b/thumbs.png"]),
        ("A", ["a/1.png", "a/2_mask.png", "a/thumbs/1.png", "b/thumbs.png"]),
    ],
)
def test_globs_leave_out_files_and_folders(tmp_path: Path, draw_all, pattern: str, left: list[str]):
    draw_all("a/1.png", "a/2_mask.png", "a/thumbs/1.png", "b/thumbs.png")
    found = scan(tmp_path, exclude=(pattern,))
    assert list(found.images) == left
    assert found.excluded == {"a/*": 3, "A": 0}.get(pattern, 1)
    everything = scan(tmp_path).images
    assert [path for path in everything if not is_excluded(path, (pattern,))] == left


def test_a_root_that_is_a_link_is_walked(tmp_path: Path, draw_all):
    draw_all("real/a/1.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert scan(tmp_path / "link").images == ("a/1.png",)


def test_links_below_the_root_are_followed(tmp_path: Path, draw_all):
    draw_all("set/a/1.png")
    (tmp_path / "set/b").symlink_to("a")
    (tmp_path / "set/a/2.png").symlink_to("1.png")
    assert scan(tmp_path / "set").images == ("a/1.png", "a/2.png", "b/1.png", "b/2.png")


@pytest.mark.parametrize("target", ["..", ".", "../b"])
def test_links_that_form_a_loop_end(tmp_path: Path, draw_all, target: str):
    draw_all("set/a/1.png", "set/b/2.png")
    (tmp_path / "set/a/loop").symlink_to(target)
    (tmp_path / "set/b/back").symlink_to("../a")
    images = scan(tmp_path / "set").images
    assert {"a/1.png", "b/2.png"} <= set(images)
    assert len(images) < 20


def test_a_link_to_itself_is_refused_by_name(tmp_path: Path, draw_all):
    draw_all("a/1.png")
    (tmp_path / "a/self.png").symlink_to("self.png")
    with pytest.raises(UserError, match=r"a/self\.png: cannot be read"), refusals_named(tmp_path):
        scan(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter any folder")
def test_a_folder_that_may_not_be_entered_is_refused_by_name(tmp_path: Path, draw_all):
    draw_all("a/1.png")
    (tmp_path / "a").chmod(0)
    for look in (lambda: scan(tmp_path), lambda: Confined(tmp_path).kind("a/1.png")):
        said = pytest.raises(UserError, match=r"/a(/1\.png)?: cannot be read")
        with said, refusals_named(tmp_path):
            look()


@pytest.mark.parametrize("is_folder", [True, False])
def test_a_link_out_of_the_root_is_refused_by_name(tmp_path: Path, draw_all, is_folder: bool):
    draw_all("set/a/1.png", "outside/x.png", "set-2/x.png")
    target = tmp_path / "set-2" if is_folder else tmp_path / "outside/x.png"
    (tmp_path / "set/a/out.png").symlink_to(target)
    with pytest.raises(UserError, match=r"set/a/out\.png: the link leads out"):
        scan(tmp_path / "set")


def test_a_fifo_named_like_an_image_is_passed_over_and_never_opened(tmp_path: Path, draw_all):
    draw_all("a/1.png")
    os.mkfifo(tmp_path / "a/2.png")
    found = scan(tmp_path)
    assert found.images == ("a/1.png",)
    assert found.ignored == 1


@pytest.mark.parametrize(
    "text, base, expected",
    [
        ("a/1.png", "", "a/1.png"),
        ("./a//1.png", "", "a/1.png"),
        ("a/../b.png", "", "b.png"),
        ("../a/1.png", "lists", "a/1.png"),
        ("..", "", None),
        ("../x.png", "", None),
        ("a/../../x.png", "", None),
        ("/etc/passwd", "", None),
        ("..hidden/x.png", "", "..hidden/x.png"),
    ],
)
def test_a_listed_path_becomes_relative_to_the_root_or_nothing(
    tmp_path: Path, text: str, base: str, expected: str | None
):
    assert Confined(tmp_path).relative(text, base) == expected


def test_an_absolute_path_below_the_root_is_accepted(tmp_path: Path):
    assert Confined(tmp_path).relative(f"{tmp_path}/a/1.png") == "a/1.png"


def test_what_stands_at_a_path_is_told_without_opening_it(tmp_path: Path, draw_all):
    draw_all("set/a/1.png", "outside/x.png")
    root = tmp_path / "set"
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "in.png").symlink_to("a/1.png")
    (root / "dangling.png").symlink_to("nowhere")
    os.mkfifo(root / "fifo.png")
    confined = Confined(root)
    kinds = {
        "a/1.png": "file",
        "in.png": "file",
        "out/x.png": "outside",
        "fifo.png": "special",
        "a": "special",
        "none.png": "absent",
        "dangling.png": "absent",
        "nul\0.png": "absent",
        "a/1.png/deeper": "absent",
        "long" * 1000: "absent",
    }
    assert {path: confined.kind(path) for path in kinds} == kinds
