"""Decoded sets that can go: in use or not, long unused or not, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from vitac_tui.images.cache import Index, checksum, open_cached, write_index
from vitac_tui.images.images import Pixels
from vitac_tui.images.spec import ImageSpec
from vitac_tui.images.unused import remove_set, unused_sets

DAY_S = 86_400.0
SIDE = 8


@pytest.fixture
def made(tmp_path: Path, noise: Pixels) -> Path:
    """A set of three images, last used two days ago."""
    folder = tmp_path / "images" / ("0123456789abcdef" * 2)
    folder.mkdir(parents=True)
    (folder / "pixels.u8").write_bytes(noise.tobytes())
    write_index(
        folder / "index.json", Index(SIDE, ("a", "b", "c"), {}, tuple(map(checksum, noise)))
    )
    before = time.time() - 2 * DAY_S
    os.utime(folder / "index.json", (before, before))
    return folder


@pytest.fixture
def noise() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)


def test_a_set_can_go_once_it_was_not_opened_for_so_long(made: Path) -> None:
    images = made.parent
    assert unused_sets(images, 3 * DAY_S) == []
    (found,) = unused_sets(images, DAY_S)
    assert found.folder == made
    assert found.bytes == sum(path.stat().st_size for path in made.iterdir())
    assert found.idle_s == pytest.approx(2 * DAY_S, abs=60)


def test_opening_a_set_renews_it_and_changes_none_of_its_bytes(made: Path, noise: Pixels) -> None:
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    decoded = open_cached(made, 3, ImageSpec(SIDE))
    assert decoded is not None
    assert (decoded.pixels == noise).all()
    del decoded
    assert unused_sets(made.parent, DAY_S) == []
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before


def test_a_set_in_use_is_left_alone_however_old_until_it_is_let_go(made: Path) -> None:
    decoded = open_cached(made, 3, ImageSpec(SIDE))
    assert decoded is not None
    part = decoded.pixels[1:]
    del decoded
    os.utime(made / "index.json", (1, 1))
    assert unused_sets(made.parent, 0) == []
    assert not remove_set(made)
    assert made.is_dir()
    del part
    assert [found.folder for found in unused_sets(made.parent, 0)] == [made]
    assert remove_set(made)
    assert list(made.parent.iterdir()) == []


def test_a_set_that_another_process_uses_is_left_alone_until_that_dies(made: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from vitac_tui.images.cache import open_cached\n"
        "from vitac_tui.images.spec import ImageSpec\n"
        f"decoded = open_cached(Path(sys.argv[1]), 3, ImageSpec({SIDE}))\n"
        "print(decoded is not None, flush=True); sys.stdin.read()"
    )
    user = subprocess.Popen(
        [sys.executable, "-c", code, str(made)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert user.stdout.readline() == "True\n"
        assert unused_sets(made.parent, 0) == []
        assert not remove_set(made)
    finally:
        user.kill()
        user.communicate()
    assert remove_set(made)


def test_what_does_not_look_like_a_set_is_never_listed(made: Path, tmp_path: Path) -> None:
    images = made.parent
    (images / "holiday").mkdir()
    (images / "holiday/pixels.u8").write_bytes(b"x")
    (images / "holiday/index.json").write_text("{}")
    (images / ("0" * 32)).mkdir()  # a set's name and nothing in it
    made.rename(tmp_path / "elsewhere")
    made.symlink_to(tmp_path / "elsewhere")
    assert unused_sets(images, 0) == []
    assert unused_sets(tmp_path / "none", 0) == []


def test_a_set_that_went_meanwhile_is_gone(made: Path) -> None:
    assert remove_set(made)
    assert remove_set(made)
