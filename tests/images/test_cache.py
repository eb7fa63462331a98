from __future__ import annotations

import os
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.errors import UserError
from vitac_tui.images.cache import Decoded, cache_key, drop_corrupt, without
from vitac_tui.images.cache_folder import building_folder, publish, remove_abandoned
from vitac_tui.images.images import DECODER
from vitac_tui.images.spec import ImageSpec
from vitac_tui.system.dirs import cache_root


def test_the_key_changes_with_a_file_its_time_and_how_it_is_decoded(tmp_path: Path, draw_all):
    draw_all("1.png", "2.png")
    table = SampleTable(tmp_path, (Sample("1.png", 0, "a"), Sample("2.png", 1, "b")))
    keys = [
        cache_key(table, ImageSpec(32)),
        cache_key(table, ImageSpec(33)),
        cache_key(table, ImageSpec(32, "pad")),
        cache_key(without(table, [1]), ImageSpec(32)),
    ]
    os.utime(tmp_path / "1.png", ns=(1, 1))
    keys.append(cache_key(table, ImageSpec(32)))
    with (tmp_path / "1.png").open("ab") as file:
        file.write(b"more")
    os.utime(tmp_path / "1.png", ns=(1, 1))
    keys.append(cache_key(table, ImageSpec(32)))
    assert len(set(keys)) == len(keys)
    assert keys[-1] == cache_key(table, ImageSpec(32))


def test_the_key_does_not_depend_on_labels_or_split(tmp_path: Path, draw_all):
    draw_all("1.png")
    one = SampleTable(tmp_path, (Sample("1.png", 0, "a", split="train"),))
    two = SampleTable(tmp_path, (Sample("1.png", 5, "b", split="test"),))
    assert cache_key(one, ImageSpec(32)) == cache_key(two, ImageSpec(32))


def test_sets_that_earlier_versions_decoded_stay_in_use(tmp_path: Path):
    (tmp_path / "1.png").write_bytes(b"one")
    os.utime(tmp_path / "1.png", ns=(5, 7))
    table = SampleTable(tmp_path, (Sample("1.png", 0, "a"),))
    head = (1, DECODER, 32, "squash", str(tmp_path))
    text = repr(head) + "1.png\0" + "3\0" + "7\n"
    assert cache_key(table, ImageSpec(32)) == blake2b(text.encode(), digest_size=16).hexdigest()
    assert cache_key(table, ImageSpec(32, mean=(0.5,), std=(0.5,))) != cache_key(
        table, ImageSpec(32)
    )


def test_corrupt_images_leave_the_table_and_the_hashes_together(tmp_path: Path):
    table = SampleTable(tmp_path, tuple(Sample(f"{i}.png", 0, "c") for i in range(3)))
    pixels = np.zeros((2, 8, 8, 3), np.uint8)
    decoded = Decoded(pixels, ("a", "b", "c"), {1: "trunc\nated"}, ImageSpec(8), built=True)
    left, matching, warnings = drop_corrupt(table, decoded)
    assert [sample.path for sample in left.samples] == ["0.png", "2.png"]
    assert matching.hashes == ("a", "c")
    assert matching.corrupt == {}
    assert matching.pixels is pixels
    assert warnings == (r"left out as unreadable, 1 of 3 images: 1.png (trunc\nated)",)
    assert drop_corrupt(left, matching) == (left, matching, ())


def test_a_class_of_which_nothing_is_left_is_an_error_that_names_it(tmp_path: Path):
    table = SampleTable(tmp_path, tuple(Sample(f"{i}.png", i, f"c{i}") for i in range(3)))
    pixels = np.zeros((2, 8, 8, 3), np.uint8)
    decoded = Decoded(pixels, ("a", "b", "c"), {1: "torn"}, ImageSpec(8), built=True)
    with pytest.raises(UserError, match=r"no image of class 'c1' can be decoded: 1\.png \(torn\)"):
        drop_corrupt(table, decoded)


def test_a_building_folder_is_gone_afterwards_unless_it_was_published(tmp_path: Path):
    with building_folder(tmp_path) as folder:
        (folder / "x").write_text("")
    assert list(tmp_path.iterdir()) == []
    with building_folder(tmp_path) as folder:
        (folder / "x").write_text("")
        publish(folder, tmp_path / "set", lambda target: True)
    assert [p.name for p in tmp_path.rglob("*")] == ["set", "x"]


def test_the_loser_leaves_the_winners_set_alone_and_a_torn_one_is_replaced(tmp_path: Path):
    target = tmp_path / "set"
    target.mkdir()
    (target / "who").write_text("winner")
    for is_good, expected in ((True, "winner"), (False, "loser")):
        with building_folder(tmp_path) as folder:
            (folder / "who").write_text("loser")
            publish(folder, target, lambda there, good=is_good: good)  # type: ignore[misc]
        assert (target / "who").read_text() == expected
    assert list(tmp_path.iterdir()) == [target]


def test_only_what_dead_processes_left_is_removed(tmp_path: Path):
    code = (
        "import os, sys; from pathlib import Path\n"
        "from vitac_tui.images.cache_folder import building_folder\n"
        "with building_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half').write_text('')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert len(list(tmp_path.glob(".*"))) == 2
    with building_folder(tmp_path) as alive:
        remove_abandoned(tmp_path)
        assert alive.is_dir()
        assert len(list(tmp_path.glob(".*"))) == 2
    assert list(tmp_path.iterdir()) == []


def test_the_cache_lies_where_the_settings_and_the_environment_say(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/me")
    assert cache_root("auto") == Path("/var/cache/me/vitac-tui")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_root("auto") == Path("/home/me/.cache/vitac-tui")
    monkeypatch.chdir(tmp_path)
    assert cache_root("here") == tmp_path / "here"
    assert cache_root("off") is None
