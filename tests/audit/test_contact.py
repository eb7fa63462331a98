"""Frames in which nothing is touched: what they give away, and where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from vitac_tui.audit.contact import no_contact
from vitac_tui.audit.evidence import Evidence
from vitac_tui.audit.findings import warnings_of
from vitac_tui.data.table import Sample, SampleTable

SIZE, PRESSES = 32, 6
Set = tuple[SampleTable, np.ndarray]


def presses(*, tint: str = "", depths: Sequence[float] = (0, 0.5, 1), classes: int = 4) -> Set:
    """Presses of a cloth, its texture, into a gel with markers, under a light that drifts.

    Args:
        tint: whether the light is that of the "class"; else every press has one of its own.
        depths: of the frames; 0 touches nothing.
        classes: how many, with `PRESSES` presses each.
    """
    samples, images = [], []
    for label in range(classes):
        cloth = np.random.default_rng([1, label]).normal(0, 20, (SIZE, SIZE))
        for press in range(PRESSES):
            drawn = np.random.default_rng([2, label] if tint == "class" else [2, label, press])
            light = drawn.normal(0, 12, 3)
            drift = np.random.default_rng([3, label, press])
            light = light + drift.normal(0, 2, 3)
            x, y = drift.integers(0, SIZE - 6, 2)
            turned = np.roll(cloth, drift.integers(0, SIZE, 2), (0, 1))
            for frame, depth in enumerate(depths):
                noise = np.random.default_rng([4, label, press, frame])
                image = (
                    128
                    + light
                    + depth * turned[:, :, None]
                    + noise.normal(0, 2, (SIZE,) * 2 + (3,))
                )
                image[x : x + 6, y : y + 6] = 5
                images.append(np.clip(image, 0, 255).astype(np.uint8))
                group = f"{label}/press{press}"
                name = f"{group}_{frame}.png"
                samples.append(Sample(name, label, f"c{label}", group, frame=frame, split="train"))
    return SampleTable(Path("/set"), tuple(samples)), np.stack(images)


def test_a_light_that_belongs_to_the_class_is_betrayed_by_frames_without_contact() -> None:
    table, pixels = presses(tint="class")
    found = no_contact(table, pixels, "tactile")
    assert (found.frames, found.classes, found.chance) == (24, 4, 0.25)
    assert found.colour > 0.8
    assert found.tells
    assert found.record()["applies"] is True
    (said,) = (
        text for text in warnings_of(table, Evidence(no_contact=found)) if "without contact" in text
    )
    assert said.startswith("24 frames without contact alone give a top-1 of ")
    assert "(chance 25.0 %): light or gel tells the class" in said


def test_a_light_that_changes_with_every_press_gives_nothing_away() -> None:
    table, pixels = presses()
    found = no_contact(table, pixels, "tactile")
    assert found.frames == 24
    assert not found.tells
    assert not any("contact" in text for text in warnings_of(table, Evidence(no_contact=found)))


@pytest.mark.parametrize(
    "data, modality, reason",
    [
        (presses(), "visual", "photos have no contact to lack"),
        (presses(depths=(1,)), "tactile", "no two frames are known to be of one press"),
        (
            presses(depths=(0.5, 0.8, 1)),
            "tactile",
            "none of 24 presses has a frame without contact",
        ),
        (presses(depths=(0, 0)), "tactile", "none of 24 presses has a frame without contact"),
        (
            presses(classes=1),
            "tactile",
            "6 of 6 presses have a frame without contact: too few classes",
        ),
    ],
)
def test_where_there_are_no_such_frames_the_reason_is_said(
    data: Set, modality: str, reason: str
) -> None:
    found = no_contact(*data, modality)
    assert found.reason == reason
    assert found.record()["applies"] is False
    assert not found.tells


def test_frames_of_different_places_are_not_taken_for_ones_without_contact() -> None:
    """Two places, one of a fainter cloth, in one group: the fainter one touches all the same."""
    table, pixels = presses(depths=(0.8, 1))
    moved = pixels.copy()
    moved[::2] = np.roll(moved[::2], SIZE // 2, 1)
    found = no_contact(table, moved, "tactile")
    assert found.reason == "none of 24 presses has a frame without contact"
