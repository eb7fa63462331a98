from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vitac_tui.data.read import read_dataset
from vitac_tui.data.table import SampleTable
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import FolderLayout
from vitac_tui.images import builder
from vitac_tui.images.builder import drop_corrupt, open_decoded
from vitac_tui.images.images import decode
from vitac_tui.images.spec import ImageSpec
from vitac_tui.runs.interrupt import Interrupted, Interrupter, Interruption

SIZE = 16


@pytest.fixture
def dataset(tmp_path: Path) -> FolderLayout:
    """Twelve images in two classes."""
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for i in range(6):
            pixels = rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / name / f"{i}.png")
    return FolderLayout(
        layout="folder",
        root=str(tmp_path / "set"),
        image_size=SIZE,
        cache=str(tmp_path / "cache"),
        max_corrupt=0.2,
    )


@pytest.fixture
def table(dataset: FolderLayout) -> SampleTable:
    return read_dataset(dataset)


def cached_set(dataset: FolderLayout) -> Path:
    (folder,) = (Path(dataset.cache) / "images").iterdir()
    return folder


def test_images_are_decoded_once_in_the_tables_order(dataset: FolderLayout, table: SampleTable):
    first = open_decoded(table, dataset)
    assert first.built
    for row, sample in enumerate(table.samples):
        assert np.array_equal(first.pixels[row], decode(table.source, sample.path, ImageSpec(SIZE)))
    again = open_decoded(table, dataset)
    assert not again.built
    assert np.array_equal(again.pixels, first.pixels)
    assert again.hashes == first.hashes
    assert len(set(first.hashes)) == 12
    assert {len(content) for content in first.hashes} == {32}


def test_without_cache_the_same_images_are_kept_in_memory(
    dataset: FolderLayout, table: SampleTable
):
    off = dataset.model_copy(update={"cache": "off"})
    decoded = open_decoded(table, off)
    assert decoded.built
    assert not Path(dataset.cache).exists()
    cached = open_decoded(table, dataset)
    assert np.array_equal(decoded.pixels, cached.pixels)
    for pixels in (decoded.pixels, cached.pixels):
        with pytest.raises(ValueError, match="read-only"):
            pixels[0] = 0


def test_progress_counts_every_image(dataset: FolderLayout, table: SampleTable):
    told: list[tuple[int, int]] = []
    open_decoded(table, dataset, progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 12) for n in range(1, 13)]


@pytest.mark.parametrize("cache", ["folder", "off"])
def test_corrupt_images_are_counted_named_and_dropped_together(
    dataset: FolderLayout, table: SampleTable, cache: str
):
    (table.root / "a/3.png").write_bytes(b"torn")
    if cache == "off":
        dataset = dataset.model_copy(update={"cache": "off"})
    for _ in range(2):
        decoded = open_decoded(table, dataset)
        assert decoded.corrupt == {3: "not an image of a known format"}
        left, matching, warnings = drop_corrupt(table, decoded)
        assert len(left.samples) == len(matching.hashes) == len(matching.pixels) == 11
        assert "1 of 12 images: a/3.png (not an image of a known format)" in warnings[0]
        for row, sample in enumerate(left.samples):
            expected = decode(left.source, sample.path, ImageSpec(SIZE))
            assert np.array_equal(matching.pixels[row], expected)


def test_too_many_corrupt_images_are_refused_with_examples(
    dataset: FolderLayout, table: SampleTable
):
    for i in range(4):
        (table.root / f"a/{i}.png").write_bytes(b"torn")
    with pytest.raises(UserError, match=r"4 of 12 images cannot be decoded: a/0\.png .*, a/2\.png"):
        open_decoded(table, dataset)
    lenient = dataset.model_copy(update={"max_corrupt": 1.0})
    assert len(open_decoded(table, lenient).corrupt) == 4


def test_images_that_are_all_corrupt_are_refused_whatever_is_borne(
    dataset: FolderLayout, table: SampleTable
):
    for sample in table.samples:
        (table.root / sample.path).write_bytes(b"torn")
    with pytest.raises(UserError, match=r"12 of 12 images .*; repair or remove them$"):
        open_decoded(table, dataset.model_copy(update={"max_corrupt": 1.0}))


def test_a_decompression_bomb_is_a_finding_and_no_warning_of_pillow(
    dataset: FolderLayout, table: SampleTable, recwarn: pytest.WarningsRecorder
):
    Image.new("1", (12_000, 12_000)).save(table.root / "a/0.png")  # Pillow warns of it
    Image.new("1", (15_000, 12_000)).save(table.root / "a/1.png")
    decoded = open_decoded(table, dataset)
    assert len(recwarn) == 0
    assert list(decoded.corrupt) == [1]
    assert "decompression bomb" in decoded.corrupt[1]


def test_an_image_that_is_gone_is_named(dataset: FolderLayout, table: SampleTable):
    (table.root / "a/3.png").unlink()
    with pytest.raises(UserError, match=r"a/3\.png: the image no longer exists"):
        open_decoded(table, dataset)


def truncate(folder: Path) -> None:
    os.truncate(folder / "pixels.u8", 100)


def zero_the_middle(folder: Path) -> None:
    with (folder / "pixels.u8").open("r+b") as file:
        file.seek(SIZE * SIZE * 3 * 5)
        file.write(bytes(SIZE * SIZE * 3))


def cut_the_index(folder: Path) -> None:
    os.truncate(folder / "index.json", 200)


def change_the_index(folder: Path) -> None:
    text = (folder / "index.json").read_text()
    (folder / "index.json").write_text(text.replace("a", "b"))


def remove_the_pixels(folder: Path) -> None:
    (folder / "pixels.u8").unlink()


@pytest.mark.parametrize(
    "tear", [truncate, zero_the_middle, cut_the_index, change_the_index, remove_the_pixels]
)
def test_a_torn_set_is_built_anew(dataset: FolderLayout, table: SampleTable, tear):
    first = open_decoded(table, dataset)
    pixels = first.pixels.copy()
    tear(cached_set(dataset))
    again = open_decoded(table, dataset)
    assert again.built
    assert np.array_equal(again.pixels, pixels)
    assert not open_decoded(table, dataset).built


def test_an_interruption_leaves_nothing_half_made(dataset: FolderLayout, table: SampleTable):
    interrupter = Interrupter()

    def progress(done: int, total: int) -> None:
        if done == 5:
            interrupter.interrupt(Interruption("asked"))

    with pytest.raises(Interrupted):
        open_decoded(table, dataset, interrupter=interrupter, progress=progress)
    assert list((Path(dataset.cache) / "images").iterdir()) == []
    assert open_decoded(table, dataset).built


BUILD = """
import json, sys, time
from pathlib import Path
from vitac_tui.data.read import read_dataset
from vitac_tui.experiment.dataset import FolderLayout
from vitac_tui.images.builder import open_decoded

dataset = FolderLayout(**json.loads(sys.argv[1]))
def progress(done, total):
    print(done, flush=True)
    time.sleep(float(sys.argv[2]))
decoded = open_decoded(read_dataset(dataset), dataset, progress=progress)
print(len(decoded.pixels), decoded.hashes[0], flush=True)
"""


def start_building(dataset: FolderLayout, pause_s: float) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", BUILD, dataset.model_dump_json(by_alias=True), str(pause_s)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def test_two_processes_that_build_at_once_both_end_with_one_set(
    dataset: FolderLayout, table: SampleTable
):
    processes = [start_building(dataset, 0.05) for _ in range(2)]
    said = [process.communicate(timeout=60)[0].splitlines()[-1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert said[0] == said[1]
    assert sorted(p.name for p in cached_set(dataset).iterdir()) == ["index.json", "pixels.u8"]
    decoded = open_decoded(table, dataset)
    assert not decoded.built
    assert said[0] == f"12 {decoded.hashes[0]}"


def test_a_process_killed_while_building_leaves_no_set_and_is_cleaned_up_after(
    dataset: FolderLayout, table: SampleTable
):
    process = start_building(dataset, 5)
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    images = Path(dataset.cache) / "images"
    assert all(entry.name.startswith(".") for entry in images.iterdir())
    assert list(images.iterdir())
    assert open_decoded(table, dataset).built
    assert [entry.name for entry in images.iterdir()] == [cached_set(dataset).name]


@pytest.mark.parametrize("cache", ["file", "file/below", "/proc/none"])
def test_a_cache_that_cannot_be_written_is_refused_by_its_setting(
    tmp_path: Path, dataset: FolderLayout, table: SampleTable, cache: str
):
    (tmp_path / "file").write_text("")
    unusable = dataset.model_copy(update={"cache": str(tmp_path / cache)})
    with pytest.raises(UserError, match=r"dataset\.cache: .* cannot be written") as refused:
        open_decoded(table, unusable)
    assert '"off"' in refused.value.remedy


def test_a_disk_without_room_is_refused_before_anything_is_written(
    dataset: FolderLayout, table: SampleTable, monkeypatch
):
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(UserError, match=r"need 10\.0 kB in .* and 1\.0 kB are free"):
        open_decoded(table, dataset)
    assert list((Path(dataset.cache) / "images").iterdir()) == []


def test_memory_without_room_is_refused(dataset: FolderLayout, table: SampleTable, monkeypatch):
    monkeypatch.setattr(builder, "available_memory", lambda: 10_000)
    with pytest.raises(UserError, match=r"need 9\.2 kB of memory; 10\.0 kB are free"):
        open_decoded(table, dataset.model_copy(update={"cache": "off"}))
