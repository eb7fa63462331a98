"""What an assessment compared, and what it could not see."""

from __future__ import annotations

from dataclasses import dataclass

from vitac_tui.audit.inputs import AuditInputs
from vitac_tui.audit.overlap_findings import near_duplicates_found
from vitac_tui.audit.overlaps import groups_known
from vitac_tui.data.table import TITLE, SampleTable
from vitac_tui.runs.rows import CoverageRow

#: Copies that the comparison of images does not find.
_UNSEEN_COPIES = "shifted, cropped, rotated or mirrored copies"


@dataclass(frozen=True)
class Coverage:
    """What was compared between the training split and a held-out split.

    Attributes:
        split: the held-out split.
        compared: what was compared.
        unchecked: what was not compared, because it is unknown or cannot be detected.
        near_duplicates: number of near-duplicates found; "" if they were not searched.
    """

    split: str
    compared: tuple[str, ...]
    unchecked: tuple[str, ...]
    near_duplicates: str

    def sentence(self) -> str:
        """Return the coverage of an assessment that found no overlap."""
        parts = [f"training and {TITLE[self.split]} share no {_listed(self.compared)}"]
        if self.near_duplicates:
            parts.append(f"Near-duplicates: {self.near_duplicates}")
        parts.append(f"Unchecked: {', '.join(self.unchecked)}")
        return "".join(f"{part}. " for part in parts).rstrip()

    def record(self) -> CoverageRow:
        """Return the coverage for `results.json`."""
        return {
            "split": self.split,
            "compared": list(self.compared),
            "unchecked": list(self.unchecked),
        }


def coverage(table: SampleTable, inputs: AuditInputs, split: str) -> Coverage:
    """Return what was compared between the training images and a held-out split."""
    near = inputs.near(split, "train")
    frames = any(sample.frame >= 0 for sample in table.samples)
    checks = (
        ("paths", True, ""),
        ("bytes", bool(inputs.hashes) and all(inputs.hashes or ()), "bytes"),
        ("pixels", bool(inputs.pixels), "pixels"),
        ("groups", groups_known(table), "groups (unknown)"),
        ("adjacent frames", frames, "frame numbers (unknown)"),
    )
    missing = [instead for _, known, instead in checks if not known]
    missing.append(_UNSEEN_COPIES if near else "near-duplicates")
    return Coverage(
        split,
        tuple(what for what, known, _ in checks if known),
        tuple(missing),
        near_duplicates_found(near) if near else "",
    )


def _listed(names: tuple[str, ...]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
