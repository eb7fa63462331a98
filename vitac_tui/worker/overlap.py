"""Held-out images that a model has been trained on: refused, or marked where that is allowed."""

from __future__ import annotations

from dataclasses import dataclass

from vitac_tui.audit.compare import HELD_OUT
from vitac_tui.data.table import TITLE, SampleTable
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import DatasetSettings
from vitac_tui.images.builder import content_hashes
from vitac_tui.models.lineage import Lineage


@dataclass(frozen=True)
class Overlap:
    """Of each held-out split that has any: how many images the model has seen, of how many."""

    counts: tuple[tuple[str, int, int], ...] = ()  # split, seen, of
    example: str = ""

    def __str__(self) -> str:
        """`3 of 18 validation and 1 of 20 test images, such as a/1.png`; "" without any."""
        if not self.counts:
            return ""
        parts = [f"{seen} of {of} {TITLE[split]}" for split, seen, of in self.counts]
        return f"{' and '.join(parts)} images, such as {self.example}"


def find_overlap(table: SampleTable, dataset: DatasetSettings, start: Lineage | None) -> Overlap:
    """The validation and test images whose content a starting model was trained on.

    Only these images are read, and none where the model says nothing or the cache knows them.
    """
    if start is None or not start.images:
        return Overlap()
    rows = {split: table.rows(split) for split in HELD_OUT}
    hashes = content_hashes(table, dataset, [row for of in rows.values() for row in of])
    seen = {split: [row for row in of if start.holds(hashes[row])] for split, of in rows.items()}
    found = [row for of in seen.values() for row in of]
    return Overlap(
        tuple((split, len(of), len(rows[split])) for split, of in seen.items() if of),
        table.samples[found[0]].path if found else "",
    )


def refuse(overlap: Overlap, *, where: str) -> None:
    """Raises UserError where there is an overlap; `where` is the setting that named the model."""
    if overlap.counts:
        raise UserError(
            f"the model was trained on {overlap}: figures on these would measure memory",
            where=where,
            remedy="keep that model's split, or take the images out; --allow-overlap "
            "(evaluate.allow_overlap = true) scores it all the same and marks every table",
        )
