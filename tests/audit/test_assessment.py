"""The verdict reports the most serious finding of all pairs of splits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vitac_tui.audit.assessment import Assessment, assess
from vitac_tui.audit.baselines import Baselines
from vitac_tui.audit.comparison import Comparison, compare_images
from vitac_tui.audit.content_findings import baseline_findings
from vitac_tui.audit.finding import Kind
from vitac_tui.audit.inputs import AuditInputs
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.runs.grades import Grade

SIZE, PHOTOS, TILES = 32, 6, 3


def photos(
    *, held: dict[int, str] | None = None, grouped: bool = True, shared: bool = False
) -> tuple[SampleTable, np.ndarray]:
    """Return photos of two cloths with three tiles each: photos differ in tint, tiles in texture.

    Args:
        held: split by number of the photo; other photos are training images.
        grouped: whether the tiles of a photo are known to belong together.
        shared: whether the last tile of each photo is a test image.
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


def assessed(table: SampleTable, pixels: np.ndarray) -> Assessment:
    return assess(table, AuditInputs(comparison=compare_images(table, pixels)))


def verdict(table: SampleTable, pixels: np.ndarray) -> str:
    return assessed(table, pixels).verdict


def test_with_whole_photos_in_one_split_nothing_is_found() -> None:
    found = assessed(*photos(held={0: "val", 1: "test"}))
    assert found.grade is Grade.NOTHING_FOUND
    assert found.verdict.startswith("nothing found: training and test share no paths, pixels or")


def test_shared_photos_that_a_baseline_recognises_are_a_leak() -> None:
    text = verdict(*photos(shared=True))
    assert text.startswith(
        "leak: 12 of 12 test images are in 12 groups that also contain training images, and a "
        "baseline without learning recognises them; near-duplicates: "
    )
    assert ". Split by group. Nearest-neighbour baseline: " in text
    assert text.endswith("mean-colour baseline: 100.0 %.")


def test_a_split_that_a_baseline_solves_is_doubtful_although_groups_are_unknown() -> None:
    found = assessed(*photos(shared=True, grouped=False))
    assert found.grade is Grade.DOUBTFUL
    assert found.verdict.startswith("doubtful: the nearest training image alone gives a top-1 of")
    assert ". Otherwise nothing was found: training and test share no paths" in found.verdict
    assert "Unchecked: bytes, groups (unknown)" in found.verdict
    unsolved = assessed(*photos(held={0: "val", 1: "test"}, grouped=False))
    assert unsolved.grade is Grade.NOTHING_FOUND
    assert "groups (unknown)" in unsolved.coverage.unchecked


@pytest.mark.parametrize("images, text", [(3, "3 of 3"), (4, "100.0 %")])
def test_the_accuracy_on_a_few_images_is_a_count(images: int, text: str) -> None:
    baselines = Baselines(pixels=1.0, structure=0.0, colour=0.0, largest=0.5, images=images)
    (finding,) = baseline_findings(baselines, "test", Grade.DOUBTFUL)
    assert f"a top-1 of {text} on test" in finding.text
    table = photos(held={0: "val", 1: "test"})[0]
    hashes = tuple(str(row) for row in range(len(table.samples)))
    inputs = AuditInputs(comparison=Comparison(hashes, baselines={"test": baselines}))
    assert assess(table, inputs).verdict.count(text) == 2


def test_a_leak_into_validation_is_reported_although_test_has_none() -> None:
    table, pixels = photos(held={0: "val", 1: "test"})
    rows = [row for row, sample in enumerate(table.samples) if "photo0" in sample.path]
    pixels[rows] = pixels[[row + 2 * TILES for row in rows]]
    assert verdict(table, pixels).startswith(
        "leak: 6 validation images with the same pixels as training images"
    )


def test_test_images_that_are_validation_images_are_a_leak() -> None:
    table, pixels = photos(held={0: "val", 1: "test"})
    rows = [row for row, sample in enumerate(table.samples) if sample.split == "val"]
    also = tuple(replace(table.samples[row], split="test") for row in rows)
    kept = [row for row, sample in enumerate(table.samples) if sample.split != "test"]
    same = replace(table, samples=(*(table.samples[row] for row in kept), *also))
    assert verdict(same, pixels[kept + rows]).startswith(
        "leak: 6 test images also listed for validation, so what is chosen on validation is chosen "
        "on test. Remove from one side what is in both. Nearest-neighbour baseline"
    )
    rows_of_test = [row + TILES for row in rows]
    pixels[rows_of_test] = pixels[rows]
    assert verdict(table, pixels).startswith(
        "leak: 6 test images with the same pixels as validation images, so what is chosen on "
    )


def test_a_source_that_validation_and_test_share_is_found() -> None:
    table, pixels = photos(held={0: "val", 1: "test"})
    samples = [
        replace(sample, split="test") if "photo0_2" in sample.path else sample
        for sample in table.samples
    ]
    assert verdict(replace(table, samples=tuple(samples)), pixels).startswith(
        "shared sources: 2 of 8 test images are in 2 groups that also contain validation images"
    )


def test_a_leak_into_validation_comes_before_shared_sources_of_test() -> None:
    table, pixels = photos(held={0: "val", 1: "test"})
    samples = [
        replace(sample, split="test") if "photo2_2" in sample.path else sample
        for sample in table.samples
    ]
    table = replace(table, samples=tuple(samples))
    assert assess(table).verdict.startswith("shared sources: 2 of 8 test images")
    rows = [row for row, sample in enumerate(table.samples) if sample.split == "val"]
    pixels[rows] = pixels[[row + 3 * TILES for row in rows]]
    assert verdict(table, pixels).startswith(
        "leak: 6 validation images with the same pixels as training images"
    )


def test_without_training_images_test_is_still_compared_with_validation() -> None:
    samples = [Sample("a/1", 0, "a", "a/1", split=split) for split in ("test", "val")]
    table = SampleTable(Path("/set"), tuple(samples))
    assert assess(table).verdict.startswith("leak: 1 test image also listed for validation")


@pytest.mark.parametrize("copied", [True, False])
def test_near_duplicates_between_validation_and_test_are_found(copied: bool) -> None:
    table, pixels = photos(held={0: "val", 1: "test"})
    if copied:
        rows = [row for row, sample in enumerate(table.samples) if "photo0" in sample.path]
        noise = np.random.default_rng(5).normal(0, 2, (len(rows), SIZE, SIZE, 3))
        pixels[[row + TILES for row in rows]] = np.clip(pixels[rows] + noise, 0, 255)
    compared = compare_images(table, pixels)
    assert compared.val_in_test is not None
    assert compared.val_in_test.near == float(copied)
    assert compared.near["test"].near == 0
    assessment = assess(table, AuditInputs(comparison=compared))
    found = [finding for finding in assessment.findings if finding.kind is Kind.NEAR_DUPLICATES]
    assert [(f.split, f.other, f.count) for f in found] == ([("test", "val", 6)] if copied else [])
    assert all("what is chosen on validation is chosen on test" in f.detail for f in found)
    assert assessment.grade is (Grade.LEAK if copied else Grade.NOTHING_FOUND)
