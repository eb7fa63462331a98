"""Whether a dataset has the other modality too, and what the two share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vitac_tui.data.guess import Modality, guess_layout
from vitac_tui.data.table import SampleTable
from vitac_tui.errors import UserError, counted, some


@dataclass(frozen=True)
class Other:
    """The other modality.

    Attributes:
        only_here: classes that it lacks.
        only_there: classes that it alone has.
        pairs: images that have a partner there.
    """

    modality: str
    images: int
    classes: int
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]
    pairs: int

    def line(self) -> str:
        """One line for people."""
        classes = counted(self.classes, "class", "classes")
        parts = [f"{self.modality} too: {counted(self.images, 'image')} of {classes}"]
        parts += [f"without {some(self.only_here)}"] if self.only_here else []
        parts += [f"{some(self.only_there)} there alone"] if self.only_there else []
        parts += [f"{counted(self.pairs, 'image')} paired by name"] if self.pairs else []
        return "; ".join(parts)

    def record(self) -> dict[str, Any]:
        """For `dataset check --json`."""
        return asdict(self)


def other_modality(root: Path, table: SampleTable, modality: str) -> Other | None:
    """What the folder holds of the other modality, None where it has one only.

    Where names do not tell modalities apart, asking for the other gives the same images again.
    """
    other: Modality = "tactile" if modality == "visual" else "visual"
    try:
        there = guess_layout(root, other).table
    except UserError:
        return None
    if {sample.path for sample in table.samples} & {sample.path for sample in there.samples}:
        return None
    here_names, there_names = set(table.class_names), set(there.class_names)
    partners = {sample.pair for sample in there.samples} - {""}
    return Other(
        other,
        len(there.samples),
        len(there.class_ids),
        tuple(sorted(here_names - there_names)),
        tuple(sorted(there_names - here_names)),
        sum(sample.pair in partners for sample in table.samples),
    )
