"""The baseline on frames without contact, and why it does not apply to some datasets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from vitac_tui.audit.content_findings import no_contact_findings
from vitac_tui.audit.no_contact import no_contact_baseline
from vitac_tui.data.table import Sample, SampleTable

SIZE, PRESSES = 32, 6
Set = tuple[SampleTable, np.ndarray]


def presses(*, tint: str = "", depths: Sequence[float] = (0, 0.5, 1), classes: int = 4) -> Set:
    """Return presses of textured cloths into a gel with markers, under a light that drifts.

    Args:
        tint: "class" if all presses of a class share a light; otherwise each press has its own.
        depths: depth of each frame; a frame of depth 0 touches nothing.
        classes: number of classes, with `PRESSES` presses each.
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


def test_frames_without_contact_reveal_a_light_that_belongs_to_the_class() -> None:
    table, pixels = presses(tint="class")
    found = no_contact_baseline(table, pixels, "tactile")
    assert (found.frames, found.classes, found.chance) == (24, 4, 0.25)
    assert found.colour > 0.8
    assert found.beats_chance
    assert found.record()["applies"] is True
    (finding,) = no_contact_findings(found)
    assert (finding.count, finding.of) == (round(24 * found.top1), 24)
    assert finding.text.startswith("24 frames without contact, each classified by the nearest")
    assert finding.text.endswith("(chance 25.0 %): light or gel gives the class away")


def test_a_light_that_changes_with_every_press_gives_nothing_away() -> None:
    table, pixels = presses()
    found = no_contact_baseline(table, pixels, "tactile")
    assert found.frames == 24
    assert not found.beats_chance
    assert not list(no_contact_findings(found))


@pytest.mark.parametrize(
    "data, modality, reason",
    [
        (presses(), "visual", "photos show no contact"),
        (presses(depths=(1,)), "tactile", "no press is known to have several frames"),
        (
            presses(depths=(0.5, 0.8, 1)),
            "tactile",
            "none of 24 presses has a frame without contact",
        ),
        (presses(depths=(0, 0)), "tactile", "none of 24 presses has a frame without contact"),
        (
            presses(classes=1),
            "tactile",
            "6 of 6 presses have a frame without contact, in too few classes",
        ),
    ],
)
def test_if_the_baseline_does_not_apply_the_reason_is_reported(
    data: Set, modality: str, reason: str
) -> None:
    found = no_contact_baseline(*data, modality)
    assert found.reason == reason
    assert found.record()["applies"] is False
    assert not found.beats_chance


def test_frames_of_different_places_are_not_mistaken_for_frames_without_contact() -> None:
    """A group with two places, one of a fainter cloth: the fainter frame has contact too."""
    table, pixels = presses(depths=(0.8, 1))
    moved = pixels.copy()
    moved[::2] = np.roll(moved[::2], SIZE // 2, 1)
    found = no_contact_baseline(table, moved, "tactile")
    assert found.reason == "none of 24 presses has a frame without contact"
