""" "Clean" is said only of a split that nothing speaks against."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vitac_tui.audit.compare import compare
from vitac_tui.audit.evidence import Evidence
from vitac_tui.audit.findings import warnings_of
from vitac_tui.audit.verdict import verdict
from vitac_tui.data.table import Sample, SampleTable

SIZE, PHOTOS, TILES = 32, 6, 3


def photos(
    *, held: dict[int, str] | None = None, grouped: bool = True, shared: bool = False
) -> tuple[SampleTable, np.ndarray]:
    """Photos of two cloths, three tiles each: a photo has a tint of its own, a tile its texture.

    Args:
        held: split of a photo's tiles; the others are for training.
        grouped: whether the tiles are known to be of one photo.
        shared: whether the last tile of each photo is a test image instead.
    """
    samples, images = [], []
    for label in range(2):
        for photo in range(PHOTOS):
            tint = np.random.default_rng([1, label, photo]).normal(0, 30, 3)
            for tile in range(TILES):
                noise = np.random.default_rng([2, label, photo, tile]).normal(0, 9, (SIZE, SIZE, 1))
                images.append(np.clip(128 + tint + noise, 0, 255).astype(np.uint8))
                path = f"c{label}/photo{photo}_{tile}.png"
                group = f"c{label}/photo{photo}" if grouped else path
                split = "test" if shared and tile == TILES - 1 else "train"
                split = (held or {}).get(photo, split)
                samples.append(Sample(path, label, f"c{label}", group, split=split))
    return SampleTable(Path("/set"), tuple(samples)), np.stack(images)


def said(table: SampleTable, pixels: np.ndarray) -> str:
    return verdict(table, Evidence(compared=compare(table, pixels)))


def test_whole_photos_on_one_side_are_clean() -> None:
    assert said(*photos(held={0: "val", 1: "test"})).startswith("clean: no overlap found")


def test_shared_photos_that_a_colour_meter_solves_are_a_leak() -> None:
    text = said(*photos(shared=True))
    assert text.startswith("leak through shared sources: 12 of 12 test images from 12 groups")
    assert "; split by group; a memoriser would score" in text
    assert text.endswith("a colour meter 100.0 %")


def test_what_cannot_be_known_is_not_called_clean() -> None:
    solved = said(*photos(shared=True, grouped=False))
    assert solved.startswith(
        "doubtful, since a trivial classifier solves it, as shared sources let it: no overlap"
    )
    assert "groups are unknown" in solved
    assert said(*photos(held={0: "val", 1: "test"}, grouped=False)).startswith("no overlap found")


def test_a_leak_into_validation_is_told_although_test_has_none() -> None:
    table, pixels = photos(held={0: "val", 1: "test"})
    rows = [row for row, sample in enumerate(table.samples) if "photo0" in sample.path]
    pixels[rows] = pixels[[row + 2 * TILES for row in rows]]
    assert said(table, pixels).startswith(
        "leak: 6 validation images with the same pixels as training images"
    )


def test_test_images_that_are_validation_images_are_a_leak() -> None:
    table, pixels = photos(held={0: "val", 1: "test"})
    rows = [row for row, sample in enumerate(table.samples) if sample.split == "val"]
    also = tuple(replace(table.samples[row], split="test") for row in rows)
    kept = [row for row, sample in enumerate(table.samples) if sample.split != "test"]
    same = replace(table, samples=(*(table.samples[row] for row in kept), *also))
    assert said(same, pixels[kept + rows]).startswith(
        "leak: 6 test images also listed for validation; what is chosen there is chosen on test; "
        "remove from one side; a memoriser"
    )
    rows_of_test = [row + TILES for row in rows]
    pixels[rows_of_test] = pixels[rows]
    assert said(table, pixels).startswith(
        "leak: 6 test images with the same pixels as validation images; what is chosen there"
    )


def test_a_source_that_validation_and_test_share_is_not_clean() -> None:
    table, pixels = photos(held={0: "val", 1: "test"})
    samples = [
        replace(sample, split="test") if "photo0_2" in sample.path else sample
        for sample in table.samples
    ]
    assert said(replace(table, samples=tuple(samples)), pixels).startswith(
        "shared sources: 2 of 8 test images from 2 groups that validation images come from; near "
    )


def test_a_leak_into_validation_comes_before_shared_sources_of_test() -> None:
    table, pixels = photos(held={0: "val", 1: "test"})
    samples = [
        replace(sample, split="test") if "photo2_2" in sample.path else sample
        for sample in table.samples
    ]
    table = replace(table, samples=tuple(samples))
    assert verdict(table).startswith("shared sources: 2 of 8 test images")
    rows = [row for row, sample in enumerate(table.samples) if sample.split == "val"]
    pixels[rows] = pixels[[row + 3 * TILES for row in rows]]
    assert said(table, pixels).startswith(
        "leak: 6 validation images with the same pixels as training images"
    )


def test_without_training_images_test_is_still_compared_with_validation() -> None:
    samples = [Sample("a/1", 0, "a", "a/1", split=split) for split in ("test", "val")]
    table = SampleTable(Path("/set"), tuple(samples))
    assert verdict(table).startswith("leak: 1 test image also listed for validation")


@pytest.mark.parametrize("copied, found", [(True, 1), (False, 0)])
def test_near_copies_between_validation_and_test_are_found(copied: bool, found: int) -> None:
    table, pixels = photos(held={0: "val", 1: "test"})
    if copied:
        rows = [row for row, sample in enumerate(table.samples) if "photo0" in sample.path]
        noise = np.random.default_rng(5).normal(0, 2, (len(rows), SIZE, SIZE, 3))
        pixels[[row + TILES for row in rows]] = np.clip(pixels[rows] + noise, 0, 255)
    compared = compare(table, pixels)
    assert compared.chosen_by is not None
    assert compared.chosen_by.near == float(copied)
    assert compared.near["test"].near == 0
    findings = [
        text
        for text in warnings_of(table, Evidence(compared=compared))
        if text.startswith("leak: 6 of 6 test images have a near copy among validation images")
    ]
    assert len(findings) == found
    assert all("what is chosen on one side is chosen on the other" in text for text in findings)
    told = "leak: 6 of 6 test images have a near copy among validation images"
    assert said(table, pixels).startswith(told if copied else "clean: ")
