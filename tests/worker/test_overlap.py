"""Held-out images that a starting model was trained on are known by their content."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from support import write_stripes

from vitac_tui.data.read import read_dataset
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import FolderLayout
from vitac_tui.images.builder import open_decoded
from vitac_tui.images.cache import content_hash
from vitac_tui.models.lineage import Lineage, trained_on
from vitac_tui.worker.overlap import Overlap, find_overlap, refuse


@pytest.fixture
def dataset(tmp_path: Path) -> FolderLayout:
    root = write_stripes(tmp_path / "set", frames=1)
    return FolderLayout(layout="folder", root=str(root), image_size=32, cache="off")


def seen(dataset: FolderLayout, *paths: str) -> Lineage:
    return trained_on(content_hash((Path(dataset.root) / path).read_bytes()) for path in paths)


def test_a_renamed_image_is_recognised(dataset: FolderLayout) -> None:
    table = read_dataset(dataset)
    row = table.rows("test")[0]
    lineage = seen(dataset, table.samples[row].path)
    assert find_overlap(table, dataset, lineage).counts == (("test", 1, len(table.rows("test"))),)
    renamed = replace(table.samples[row], path="class0/renamed.png")
    (table.root / table.samples[row].path).rename(table.root / renamed.path)
    samples = (*table.samples[:row], renamed, *table.samples[row + 1 :])
    found = find_overlap(replace(table, samples=samples), dataset, lineage)
    assert found.example == "class0/renamed.png"


def test_training_images_are_not_read_and_unreadable_images_are_skipped(
    dataset: FolderLayout,
) -> None:
    table = read_dataset(dataset)
    train, (test, *_) = table.rows("train"), table.rows("test")
    lineage = seen(dataset, *(table.samples[row].path for row in (*train, test)))
    for row in (*train, test):
        (table.root / table.samples[row].path).unlink()
    assert find_overlap(table, dataset, lineage) == Overlap()


def test_the_cache_knows_the_contents_already(dataset: FolderLayout, tmp_path: Path) -> None:
    cached = dataset.model_copy(update={"cache": str(tmp_path / "cache")})
    table = read_dataset(cached)
    lineage = seen(cached, *(table.samples[row].path for row in table.rows("val")))
    open_decoded(table, cached)
    for row in table.rows("val"):  # same size and time, so that the cache is used
        path = table.root / table.samples[row].path
        status = path.stat()
        path.write_bytes(b"\0" * status.st_size)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert find_overlap(table, cached, lineage).counts[0][0] == "val"
    assert find_overlap(table, dataset, lineage) == Overlap()


def test_a_refusal_gives_counts_an_example_and_the_remedy() -> None:
    refuse(Overlap(), where="from_run")
    overlap = Overlap((("val", 2, 9), ("test", 1, 7)), "a/1.png")
    with pytest.raises(UserError) as caught:
        refuse(overlap, where="from_run")
    assert str(caught.value) == (
        "from_run: the model was trained on 2 of 9 validation and 1 of 7 test images, such as "
        "a/1.png: metrics on these would measure memorisation; keep that model's split, or remove "
        "the images. --allow-overlap (evaluate.allow_overlap = true) evaluates them anyway, with a "
        "caveat on every table"
    )


@pytest.mark.parametrize("start", [None, Lineage()])
def test_a_model_with_no_or_unknown_training_images_has_no_overlap(
    dataset: FolderLayout, start: Lineage | None
) -> None:
    assert find_overlap(read_dataset(dataset), dataset, start) == Overlap()
