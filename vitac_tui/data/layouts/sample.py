"""The built-in sample set: rendered on first use, then read like any ViTac set."""

from __future__ import annotations

from pathlib import Path

from vitac_tui.data.layouts.vitac import read_cloths
from vitac_tui.data.table import ReadResult
from vitac_tui.experiment import dataset as settings
from vitac_tui.sampleset import SampleSpec, render_sample


def spec_of(dataset: settings.SampleSetLayout) -> SampleSpec:
    """What the settings ask the renderer for."""
    return SampleSpec(
        classes=dataset.classes,
        presses=dataset.presses,
        frames=dataset.frames,
        size=dataset.size,
        seed=dataset.seed,
    )


def read(dataset: settings.SampleSetLayout, root: Path) -> ReadResult:
    """Render what is missing of the modality below `root`, then read it as ViTac cloths.

    The split is that of `dataset.split`, so that a split by image can be tried here to see what a
    leak does; the rendered lists are for those who read the folder as `layout = "vitac"`.
    """
    render_sample(root, spec_of(dataset), (dataset.modality,))
    cloths = settings.VitacLayout(layout="vitac", root=dataset.root, modality=dataset.modality)
    return read_cloths(cloths, root, action="")
