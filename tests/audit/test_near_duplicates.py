"""Near-duplicates and baselines, on generated images."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitac_tui.audit import comparison as comparison_module
from vitac_tui.audit import downsampled
from vitac_tui.audit.assessment import Assessment, assess
from vitac_tui.audit.comparison import Comparison, compare_images
from vitac_tui.audit.finding import Finding, Kind
from vitac_tui.audit.inputs import AuditInputs
from vitac_tui.audit.nearest import NearestMatches, as_keys, as_queries
from vitac_tui.audit.survey import describe
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.experiment.dataset import FolderLayout, Split
from vitac_tui.images.cache import Decoded
from vitac_tui.images.spec import ImageSpec
from vitac_tui.runs.grades import Grade

SIZE = 32
Set = tuple[SampleTable, np.ndarray]


def texture(*seed: int) -> np.ndarray:
    """Return smooth grey noise that is unique to the seed."""
    fine = np.random.default_rng(seed).normal(0, 30, (SIZE, SIZE))
    return fine + np.roll(fine, 1, 0) + np.roll(fine, 1, 1)


def made(pattern: np.ndarray, *seed: int, noise: float = 8.0, tint: float = 0.0) -> np.ndarray:
    """Return an image of a pattern with sensor noise."""
    rng = np.random.default_rng([9, *seed])
    colour = pattern[:, :, None] + 128 + tint + rng.normal(0, noise, (SIZE, SIZE, 3))
    return np.clip(colour, 0, 255).astype(np.uint8)


def presses(by: str, *, classes: int = 3, marker: np.ndarray | None = None) -> Set:
    """Return four presses per class with three frames each, some of them test images.

    Frames of a press are near-duplicates; presses have nothing in common except the marker.

    Args:
        by: "group" puts the last press of each class into the test split, "image" the last frame
            of each press.
        classes: number of classes.
        marker: mask of dark pixels in every image.
    """
    samples, images = [], []
    for label in range(classes):
        for press in range(4):
            for frame in range(3):
                held = press == 3 if by == "group" else frame == 2
                group = f"{label}/press{press}"
                samples.append(
                    Sample(
                        f"{group}_{frame}.png",
                        label,
                        f"c{label}",
                        group,
                        split="test" if held else "train",
                    )
                )
                image = made(texture(label, press), label, press, frame)
                if marker is not None:
                    image[marker] = 5
                images.append(image)
    return SampleTable(Path("/set"), tuple(samples)), np.stack(images)


def assessed(table: SampleTable, comparison: Comparison) -> Assessment:
    return assess(table, AuditInputs(comparison=comparison))


def near_duplicates(assessment: Assessment) -> Finding:
    (finding,) = (f for f in assessment.findings if f.kind is Kind.NEAR_DUPLICATES)
    return finding


def test_frames_of_a_press_in_two_splits_are_a_leak():
    table, pixels = presses("image")
    compared = compare_images(table, pixels)
    assert compared.near["test"].judgement == "leak"
    found = assessed(table, compared)
    assert found.grade is Grade.LEAK
    assert near_duplicates(found).count == near_duplicates(found).of == 12
    assert found.verdict.startswith(
        "leak: 12 of 12 test images have a near-duplicate among training images; best match: median"
    )
    assert "Nearest-neighbour baseline: 100.0 %, mean-colour baseline: " in found.verdict


def test_whole_presses_in_one_split_are_not_a_leak():
    table, pixels = presses("group")
    compared = compare_images(table, pixels)
    assert compared.near["test"].judgement == "clean"
    found = assessed(table, compared)
    assert found.grade is Grade.NOTHING_FOUND
    assert not any(f.kind is Kind.NEAR_DUPLICATES for f in found.findings)
    assert found.verdict.startswith(
        "nothing found: training and test share no paths, pixels or groups. "
        "Near-duplicates: 0 of 9 (best match: median "
    )
    assert "shifted, cropped, rotated or mirrored copies. Nearest-neighbour" in found.verdict


def test_with_a_single_class_fixed_markers_cannot_be_ruled_out():
    table, pixels = presses("image", classes=1)
    finding = near_duplicates(assessed(table, compare_images(table, pixels)))
    assert (finding.grade, finding.count, finding.of) == (Grade.LEAK, 4, 4)
    assert finding.detail.endswith("with a single class, fixed markers may be the cause")


def markers() -> np.ndarray:
    grid = np.zeros((SIZE, SIZE), bool)
    for place in (3, 14, 25):
        for other in (3, 14, 25):
            grid[place : place + 4, other : other + 4] = True
    return grid


@pytest.mark.parametrize("by, judgement", [("group", "clean"), ("image", "leak")])
def test_fixed_markers_are_removed_and_neither_make_nor_hide_a_leak(by: str, judgement: str):
    table, pixels = presses(by, marker=markers())
    near = compare_images(table, pixels).near["test"]
    assert near.pattern_removed
    assert near.fixed_pattern > 0.3
    assert near.judgement == judgement


def test_matches_that_other_classes_reach_as_well_are_inconclusive():
    """Each of four scenes occurs in every class: no pattern is in all images, yet all match."""
    samples, images = [], []
    for label in range(3):
        for scene in range(4):
            for frame in range(3):
                samples.append(
                    Sample(
                        f"{label}/{scene}_{frame}",
                        label,
                        f"c{label}",
                        split="test" if frame == 2 else "train",
                    )
                )
                images.append(made(texture(scene), label, scene, frame))
    table = SampleTable(Path("/set"), tuple(samples))
    compared = compare_images(table, np.stack(images))
    assert compared.near["test"].judgement == "inconclusive"
    verdict = assessed(table, compared).verdict
    assert verdict.startswith("inconclusive: 12 of 12 test images match training images of their")


def test_one_class_of_regular_texture_is_noted_but_is_not_a_leak():
    table, pixels = presses("group", classes=8)
    pixels = pixels.copy()
    for row, sample in enumerate(table.samples):
        if sample.label == 5:
            pixels[row] = made(texture(5), row)
    compared = compare_images(table, pixels)
    near = compared.near["test"]
    assert (near.judgement, near.near, near.near_spread) == ("clean", 3 / 24, 0.0)
    found = assessed(table, compared)
    assert found.grade is Grade.NOTHING_FOUND
    assert near_duplicates(found).grade is Grade.NOTE
    assert near_duplicates(found).text == (
        "3 of 24 test images may be near-duplicates of training images, 3 of class c5"
    )
    assert all(example.startswith("5/press3_") for example in near_duplicates(found).examples)


def test_flat_images_match_nothing():
    table, pixels = presses("image")
    grey = np.zeros_like(pixels) + np.arange(len(pixels), dtype=np.uint8)[:, None, None, None]
    near = compare_images(table, grey).near["test"]
    assert near.judgement == "clean"
    assert near.median_same == 0.0


def test_the_mean_colour_baseline_solves_what_differs_only_in_colour():
    samples = tuple(
        Sample(f"{i}", i % 2, f"c{i % 2}", split="test" if i >= 8 else "train") for i in range(12)
    )
    images = np.stack([made(texture(i), i, tint=40 * (i % 2)) for i in range(12)])
    table = SampleTable(Path("/set"), samples)
    compared = compare_images(table, images)
    baselines = compared.baselines["test"]
    assert (baselines.colour, baselines.largest, baselines.images) == (1.0, 0.5, 4)
    found = [f for f in assessed(table, compared).findings if f.kind is Kind.BASELINE]
    assert "mean colour alone gives a top-1 of 100.0 % on test" in found[-1].text


def test_validation_images_are_compared_too():
    table, pixels = presses("image")
    samples = tuple(
        Sample(
            s.path, s.label, s.class_name, s.group, split="val" if s.split == "test" else "train"
        )
        for s in table.samples
    )
    table = SampleTable(table.root, samples)
    compared = compare_images(table, pixels)
    assert list(compared.near) == ["val"]
    found = assessed(table, compared)
    assert near_duplicates(found).split == "val"
    assert found.verdict.startswith("leak: 12 of 12 validation images")


@pytest.mark.parametrize("splits", [("train",), ("test",)])
def test_with_a_single_split_there_is_nothing_to_compare(splits: Sequence[str]):
    table = SampleTable(Path("/set"), tuple(Sample(s, 0, "c", split=s) for s in splits))
    compared = compare_images(table, np.zeros((len(splits), SIZE, SIZE, 3), np.uint8))
    assert (compared.near, compared.baselines) == ({}, {})
    assert len(compared.pixels) == 1


def test_a_class_without_training_images_has_no_near_duplicates():
    table, pixels = presses("image")
    samples = tuple(
        Sample(s.path, s.label, s.class_name, s.group, split="test" if s.label == 2 else s.split)
        for s in table.samples
    )
    near = compare_images(SampleTable(table.root, samples), pixels).near["test"]
    assert near.near == pytest.approx(8 / 20)


def test_of_too_many_images_a_sample_is_compared_and_reported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(comparison_module, "MAX_IMAGES", 5)
    table, pixels = presses("image")
    first, second = compare_images(table, pixels), compare_images(table, pixels)
    assert first == second
    assert (first.near["test"].images, first.near["test"].of) == (5, 12)
    assert "5 of 5 test images (a random sample of 12)" in assessed(table, first).verdict


def test_a_comparison_can_be_cancelled():
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare_images(*presses("image"), stop)


def test_comparing_in_blocks_gives_the_same_result(monkeypatch: pytest.MonkeyPatch):
    whole = compare_images(*presses("image"))
    monkeypatch.setattr(downsampled, "_BLOCK_IMAGES", 5)
    assert compare_images(*presses("image")) == whole


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 12),
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.integers(1, 4),
)
def test_best_matches_are_those_of_a_plain_loop(
    seed: int, queries: int, blocks: list[int], classes: int
):
    rng = np.random.default_rng(seed)
    # With small integers, products are exact and ties occur.
    wanted = rng.integers(-3, 4, (queries, 5)).astype(np.float32)
    labels = rng.integers(0, classes, queries)
    keys = rng.integers(-3, 4, (sum(blocks), 5)).astype(np.float32)
    key_labels = rng.integers(0, classes, len(keys))
    nearest = NearestMatches(as_queries(wanted), labels)
    start = 0
    for size in blocks:
        rows = np.arange(start, start + size)
        nearest.add(as_keys(keys[rows]), key_labels[rows], rows)
        start += size
    for query in range(queries):
        same, other, row = -np.inf, -np.inf, -1
        for key in range(len(keys)):
            # (|q|² - |q - k|²) / 2 is larger if the distance is smaller
            gap = wanted[query] - keys[key]
            value = float(wanted[query] @ wanted[query] - gap @ gap) / 2
            if key_labels[key] != labels[query]:
                other = max(other, value)
            elif value > same:
                same, row = value, key
        assert (nearest.same[query], nearest.other[query], nearest.row[query]) == (same, other, row)


# The report of a dataset


def report(data: Set, **split: object) -> dict[str, object]:
    table, pixels = data
    hashes = tuple(str(row) for row in range(len(pixels)))
    dataset = FolderLayout(layout="folder", root="/set", split=Split(**split))
    spec = ImageSpec(pixels.shape[1])
    decoded = Decoded(pixels, hashes, {}, spec, built=True)
    return describe(dataset, table, table, decoded, ())[1]  # type: ignore[return-value]


def test_the_report_contains_shares_findings_and_a_line_to_paste():
    report_ = report(presses("image"), by="image", val=0.2)
    near = report_["near_copies"]["test"]
    assert near["judgement"] == report_["verdict_grade"] == "leak"
    assert (near["images"], near["near"]) == (12, 1.0)
    assert report_["probes"]["test"]["structure"] == 1.0
    assert report_["groups"] == {"train": 12, "val": 0, "test": 12}
    leaks = [row for row in report_["findings"] if row["grade"] == "leak"]  # type: ignore[attr-defined]
    assert {row["kind"] for row in leaks} == {"near_duplicates", "shared_groups"}
    for text in [report_["verdict"], *(row["remedy"] for row in leaks)]:
        line = text.split("`")[1]
        assert tomllib.loads(line) == {"split": {"by": "group", "val": 0.2}}


def test_equal_pixels_in_files_of_different_bytes_are_a_leak():
    table, pixels = presses("group")
    pixels = pixels.copy()
    test, train = table.rows("test")[0], table.rows("train")[0]
    pixels[test] = pixels[train]
    report_ = report((table, pixels))
    assert report_["verdict"].startswith(  # type: ignore[attr-defined]
        "leak: 1 test image with the same pixels as training images"
    )
