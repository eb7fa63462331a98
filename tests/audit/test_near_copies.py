"""Near copies, and what trivial classifiers score, on images made on the fly."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitac_tui.audit import compare as compare_module
from vitac_tui.audit import crops
from vitac_tui.audit.compare import compare
from vitac_tui.audit.evidence import Evidence
from vitac_tui.audit.findings import warnings_of
from vitac_tui.audit.nearest import Nearest, as_keys, as_queries
from vitac_tui.audit.report import describe
from vitac_tui.audit.verdict import verdict
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.experiment.dataset import FolderLayout, Split
from vitac_tui.images.cache import Decoded
from vitac_tui.images.spec import ImageSpec

SIZE = 32
Set = tuple[SampleTable, np.ndarray]


def texture(*seed: int) -> np.ndarray:
    """Smooth grey noise that no other seed has."""
    fine = np.random.default_rng(seed).normal(0, 30, (SIZE, SIZE))
    return fine + np.roll(fine, 1, 0) + np.roll(fine, 1, 1)


def made(pattern: np.ndarray, *seed: int, noise: float = 8.0, tint: float = 0.0) -> np.ndarray:
    """An image: a pattern and sensor noise."""
    rng = np.random.default_rng([9, *seed])
    colour = pattern[:, :, None] + 128 + tint + rng.normal(0, noise, (SIZE, SIZE, 3))
    return np.clip(colour, 0, 255).astype(np.uint8)


def presses(by: str, *, classes: int = 3, marker: np.ndarray | None = None) -> Set:
    """Four presses a class with three frames each; one of four held out, by press or by frame.

    Frames of a press are near copies; presses have nothing in common but the marker.
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


def judged(data: Set) -> tuple[str, str]:
    """The judgement and the verdict."""
    table, pixels = data
    compared = compare(table, pixels)
    return compared.near["test"].judgement, verdict(table, Evidence(compared=compared))


def test_frames_of_a_press_on_both_sides_are_a_leak():
    judgement, said = judged(presses("image"))
    assert judgement == "leak"
    assert said.startswith("leak: 12 of 12 test images have a near copy among training images")
    assert "a memoriser would score 100.0 %" in said


def test_whole_presses_on_one_side_are_clean():
    table, pixels = presses("group")
    compared = compare(table, pixels)
    assert compared.near["test"].judgement == "clean"
    said = verdict(table, Evidence(compared=compared))
    assert said.startswith(
        "clean: no overlap found between train and test in paths, pixels, groups"
    )
    assert "near copies: 0 of 9" in said
    assert not any("near cop" in text for text in warnings_of(table, Evidence(compared=compared)))


def test_with_one_class_fixed_markers_cannot_be_excluded():
    assert judged(presses("image", classes=1))[1].startswith(
        "leak, fixed markers not excluded: 4 of 4 test images"
    )


def markers() -> np.ndarray:
    grid = np.zeros((SIZE, SIZE), bool)
    for place in (3, 14, 25):
        for other in (3, 14, 25):
            grid[place : place + 4, other : other + 4] = True
    return grid


@pytest.mark.parametrize("by, judgement", [("group", "clean"), ("image", "leak")])
def test_fixed_markers_are_removed_and_neither_make_nor_hide_a_leak(by: str, judgement: str):
    table, pixels = presses(by, marker=markers())
    near = compare(table, pixels).near["test"]
    assert near.pattern_removed
    assert near.fixed_pattern > 0.3
    assert near.judgement == judgement


def test_matches_that_other_classes_reach_as_well_settle_nothing():
    """Four scenes, each seen with every class: no pattern is in all images, yet all match."""
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
    judgement, said = judged((table, np.stack(images)))
    assert judgement == "inconclusive"
    assert said.startswith("inconclusive: 12 of 12 test images match")


def test_one_class_of_regular_texture_is_no_leak_but_is_named():
    table, pixels = presses("group", classes=8)
    pixels = pixels.copy()
    for row, sample in enumerate(table.samples):
        if sample.label == 5:
            pixels[row] = made(texture(5), row)
    compared = compare(table, pixels)
    near = compared.near["test"]
    assert (near.judgement, near.near, near.near_spread) == ("clean", 3 / 24, 0.0)
    found = warnings_of(table, Evidence(compared=compared))
    assert any("3 test images of 24 may be near copies" in text for text in found)
    assert any("3 of class c5, such as 5/press3_" in text for text in found)


def test_images_that_show_nothing_match_nothing():
    table, pixels = presses("image")
    grey = np.zeros_like(pixels) + np.arange(len(pixels), dtype=np.uint8)[:, None, None, None]
    near = compare(table, grey).near["test"]
    assert near.judgement == "clean"
    assert near.median_same == 0.0


def test_a_colour_meter_solves_what_differs_in_colour_alone():
    samples = tuple(
        Sample(f"{i}", i % 2, f"c{i % 2}", split="test" if i >= 8 else "train") for i in range(12)
    )
    images = np.stack([made(texture(i), i, tint=40 * (i % 2)) for i in range(12)])
    table = SampleTable(Path("/set"), samples)
    compared = compare(table, images)
    probes = compared.probes["test"]
    assert (probes.colour, probes.largest) == (1.0, 0.5)
    found = warnings_of(table, Evidence(compared=compared))
    assert any(text.startswith("mean colour alone gives a top-1 of 100.0 %") for text in found)


def test_validation_images_are_compared_too():
    table, pixels = presses("image")
    samples = tuple(
        Sample(
            s.path, s.label, s.class_name, s.group, split="val" if s.split == "test" else "train"
        )
        for s in table.samples
    )
    table = SampleTable(table.root, samples)
    compared = compare(table, pixels)
    assert list(compared.near) == ["val"]
    found = warnings_of(table, Evidence(compared=compared))
    assert any(text.startswith("leak: 12 of 12 validation images") for text in found)
    assert verdict(table, Evidence(compared=compared)).startswith("leak: 12 of 12 validation")


@pytest.mark.parametrize("splits", [("train",), ("test",)])
def test_without_two_sides_there_is_nothing_to_compare(splits: Sequence[str]):
    table = SampleTable(Path("/set"), tuple(Sample(s, 0, "c", split=s) for s in splits))
    compared = compare(table, np.zeros((len(splits), SIZE, SIZE, 3), np.uint8))
    assert (compared.near, compared.probes) == ({}, {})
    assert len(compared.pixels) == 1


def test_a_class_without_training_images_has_no_near_copy():
    table, pixels = presses("image")
    samples = tuple(
        Sample(s.path, s.label, s.class_name, s.group, split="test" if s.label == 2 else s.split)
        for s in table.samples
    )
    near = compare(SampleTable(table.root, samples), pixels).near["test"]
    assert near.near == pytest.approx(8 / 20)


def test_too_many_images_are_sampled_which_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(compare_module, "MOST_IMAGES", 5)
    table, pixels = presses("image")
    first, second = compare(table, pixels), compare(table, pixels)
    assert first == second
    assert (first.near["test"].images, first.near["test"].of) == (5, 12)
    assert "5 of 5 test images drawn from 12" in verdict(table, Evidence(compared=first))


def test_comparing_can_be_ended():
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(*presses("image"), stop)


def test_a_table_is_compared_in_blocks_as_if_at_once(monkeypatch: pytest.MonkeyPatch):
    whole = compare(*presses("image"))
    monkeypatch.setattr(crops, "_BLOCK_IMAGES", 5)
    assert compare(*presses("image")) == whole


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 12),
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.integers(1, 4),
)
def test_best_matches_by_blocks_are_those_of_a_plain_loop(
    seed: int, queries: int, blocks: list[int], classes: int
):
    rng = np.random.default_rng(seed)
    # Small whole numbers: products are exact, and ties occur.
    wanted = rng.integers(-3, 4, (queries, 5)).astype(np.float32)
    labels = rng.integers(0, classes, queries)
    keys = rng.integers(-3, 4, (sum(blocks), 5)).astype(np.float32)
    key_labels = rng.integers(0, classes, len(keys))
    nearest = Nearest(as_queries(wanted), labels)
    start = 0
    for size in blocks:
        rows = np.arange(start, start + size)
        nearest.add(as_keys(keys[rows]), key_labels[rows], rows)
        start += size
    for query in range(queries):
        same, other, row = -np.inf, -np.inf, -1
        for key in range(len(keys)):
            # |q|^2 - |q - k|^2 over two: larger where the distance is smaller
            gap = wanted[query] - keys[key]
            value = float(wanted[query] @ wanted[query] - gap @ gap) / 2
            if key_labels[key] != labels[query]:
                other = max(other, value)
            elif value > same:
                same, row = value, key
        assert (nearest.same[query], nearest.other[query], nearest.row[query]) == (same, other, row)


# What a report says


def report(data: Set, **split: object) -> dict[str, object]:
    table, pixels = data
    hashes = tuple(str(row) for row in range(len(pixels)))
    dataset = FolderLayout(layout="folder", root="/set", split=Split(**split))
    return describe(
        dataset,
        table,
        table,
        Decoded(pixels, hashes, {}, ImageSpec(pixels.shape[1]), built=True),
        (),
    )


def test_the_report_holds_the_measured_shares_and_the_line_to_paste():
    said = report(presses("image"), by="image", val=0.2)
    near = said["near_copies"]["test"]
    assert near["judgement"] == "leak"
    assert (near["images"], near["near"]) == (12, 1.0)
    assert said["probes"]["test"]["structure"] == 1.0
    assert said["groups"] == {"train": 12, "val": 0, "test": 12}
    for text in [said["verdict"], *(w for w in said["warnings"] if w.startswith("leak"))]:
        line = text.split("`")[1]
        assert tomllib.loads(line) == {"split": {"by": "group", "val": 0.2}}


def test_where_folders_give_the_split_the_line_alone_would_not_help():
    table, pixels = presses("image")
    table = SampleTable(table.root, table.samples, split_given=True)
    assert "lists or folders divide these images" in report((table, pixels))["verdict"]


def test_equal_pixels_in_files_of_different_bytes_are_a_leak():
    table, pixels = presses("group")
    pixels = pixels.copy()
    test, train = table.rows("test")[0], table.rows("train")[0]
    pixels[test] = pixels[train]
    said = report((table, pixels))
    assert said["verdict"].startswith("leak: 1 test image with the same pixels as training images")
