"""The built-in sample set: rendered on first use, then read like a ViTac dataset."""

from __future__ import annotations

from pathlib import Path

from vitac_tui.data.layouts.vitac import read_cloths
from vitac_tui.data.table import ReadResult
from vitac_tui.experiment import dataset as settings
from vitac_tui.sampleset import SampleSpec, render_sample


def spec_of(dataset: settings.SampleSetLayout) -> SampleSpec:
    """Return the settings as the renderer takes them."""
    return SampleSpec(
        classes=dataset.classes,
        presses=dataset.presses,
        frames=dataset.frames,
        size=dataset.size,
        seed=dataset.seed,
    )


def read(dataset: settings.SampleSetLayout, root: Path) -> ReadResult:
    """Render the missing images of the modality, then read them as ViTac cloths.

    `dataset.split` decides the split, so that the effect of a leak can be tried with a split by
    image. The rendered lists are used if the folder is read as `layout = "vitac"`.
    """
    render_sample(root, spec_of(dataset), (dataset.modality,))
    cloths = settings.VitacLayout(layout="vitac", root=dataset.root, modality=dataset.modality)
    return read_cloths(cloths, root, action="")
