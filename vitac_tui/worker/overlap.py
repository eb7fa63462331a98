"""Held-out images that a starting model was trained on: refused, or allowed with a caveat."""

from __future__ import annotations

from dataclasses import dataclass

from vitac_tui.audit.comparison import HELD_OUT
from vitac_tui.data.table import TITLE, SampleTable
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import DatasetSettings
from vitac_tui.images.builder import content_hashes
from vitac_tui.models.lineage import Lineage


@dataclass(frozen=True)
class Overlap:
    """Held-out images that a starting model was trained on.

    Attributes:
        counts: per affected split: its name, the number of overlapping images, and of all images.
        example: path of one of them.
    """

    counts: tuple[tuple[str, int, int], ...] = ()
    example: str = ""

    def __str__(self) -> str:
        """Return `3 of 18 validation and 1 of 20 test images, such as a/1.png`; "" without any."""
        if not self.counts:
            return ""
        parts = [f"{seen} of {of} {TITLE[split]}" for split, seen, of in self.counts]
        return f"{' and '.join(parts)} images, such as {self.example}"


def find_overlap(table: SampleTable, dataset: DatasetSettings, start: Lineage | None) -> Overlap:
    """Find the validation and test images whose content a starting model was trained on.

    Only held-out images are read, and only if the model's training images are known and the cache
    does not hold the content hashes.
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
    """Refuse an overlap.

    Args:
        overlap: what was found.
        where: the setting that names the starting model.

    Raises:
        UserError: there is an overlap.
    """
    if overlap.counts:
        raise UserError(
            f"the model was trained on {overlap}: metrics on these would measure memorisation",
            where=where,
            remedy="keep that model's split, or remove the images. --allow-overlap "
            "(evaluate.allow_overlap = true) evaluates them anyway, with a caveat on every table",
        )
