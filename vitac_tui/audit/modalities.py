"""Whether a dataset's folder contains the other modality too, and what both have in common."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vitac_tui.data.guess import Modality, guess_layout
from vitac_tui.data.table import SampleTable
from vitac_tui.errors import UserError, counted, some


@dataclass(frozen=True)
class OtherModality:
    """The other modality of a dataset.

    Attributes:
        modality: its name.
        images: number of its images.
        classes: number of its classes.
        only_here: classes that it lacks.
        only_there: classes that only it has.
        pairs: images of the dataset that have a partner in it.
    """

    modality: str
    images: int
    classes: int
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]
    pairs: int

    def line(self) -> str:
        """Return a summary on one line."""
        classes = counted(self.classes, "class", "classes")
        parts = [f"also {self.modality}: {counted(self.images, 'image')} of {classes}"]
        parts += [f"without {some(self.only_here)}"] if self.only_here else []
        parts += [f"{some(self.only_there)} only there"] if self.only_there else []
        parts += [f"{counted(self.pairs, 'image')} paired by name"] if self.pairs else []
        return "; ".join(parts)

    def record(self) -> dict[str, Any]:
        """Return the modality for `dataset check --json`."""
        return asdict(self)


def other_modality(root: Path, table: SampleTable, modality: str) -> OtherModality | None:
    """Return what the folder contains of the other modality; None if nothing.

    Args:
        root: the dataset's folder.
        table: its samples of `modality`.
        modality: the modality that was read.
    """
    other: Modality = "tactile" if modality == "visual" else "visual"
    try:
        there = guess_layout(root, other).table
    except UserError:
        return None
    # If names do not distinguish modalities, the guess reads the same images again.
    if {sample.path for sample in table.samples} & {sample.path for sample in there.samples}:
        return None
    here_names, there_names = set(table.class_names), set(there.class_names)
    partners = {sample.pair for sample in there.samples} - {""}
    return OtherModality(
        other,
        len(there.samples),
        len(there.class_ids),
        tuple(sorted(here_names - there_names)),
        tuple(sorted(there_names - here_names)),
        sum(sample.pair in partners for sample in table.samples),
    )
