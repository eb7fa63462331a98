"""Findings about what images show: labels that contradict, baselines that solve the split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from vitac_tui.audit.baselines import SOLVED, Baselines
from vitac_tui.audit.finding import Finding, Kind
from vitac_tui.audit.inputs import AuditInputs
from vitac_tui.audit.no_contact import NoContactBaseline
from vitac_tui.data.table import TITLE, SampleTable
from vitac_tui.errors import counted
from vitac_tui.runs.grades import Grade
from vitac_tui.runs.numbers import share_text


def baseline_findings(baselines: Baselines | None, split: str, grade: Grade) -> Iterator[Finding]:
    """Yield a finding for each baseline that solves a held-out split.

    Args:
        baselines: of the split; None if they were not run.
        split: name of the split.
        grade: grade of the findings.
    """
    if baselines is None:
        return
    for top1, what, conclusion, remedy in (
        (
            baselines.nearest_neighbour,
            "the nearest training image",
            "a network only needs to memorise",
            "Split by sources that differ more",
        ),
        (
            baselines.colour,
            "mean colour",
            "a network does not need to see texture",
            'Split by group or session, or try augment = "standard"',
        ),
    ):
        if top1 >= SOLVED:
            yield Finding(
                Kind.BASELINE,
                grade,
                f"{what} alone gives a top-1 of {share_text(top1, baselines.images)} on "
                f"{TITLE[split]}: {conclusion}",
                split,
                "train",
                round(top1 * baselines.images),
                baselines.images,
                remedy,
            )


def no_contact_findings(found: NoContactBaseline | None) -> Iterator[Finding]:
    """Yield a finding if frames without contact give the class away."""
    if found is not None and found.beats_chance:
        yield Finding(
            Kind.NO_CONTACT,
            Grade.WARNING,
            f"{counted(found.frames, 'frame')} without contact, each classified by the nearest "
            f"other one, give a top-1 of {share_text(found.top1, found.frames)} (chance "
            f"{share_text(found.chance, found.frames)}): light or gel gives the class away",
            count=round(found.top1 * found.frames),
            of=found.frames,
            remedy="Record each class under several lights and gels, or subtract the frame before "
            "contact",
        )


def conflicting_labels(table: SampleTable, inputs: AuditInputs) -> Iterator[Finding]:
    """Yield a finding about equal images of different classes; pixels count before bytes."""
    for what, hashes in (("pixels", inputs.pixels), ("bytes", inputs.hashes)):
        rows = _conflicting(table, hashes) if hashes is not None else []
        if rows:
            yield Finding(
                Kind.CONFLICTING_LABELS,
                Grade.WARNING,
                f"{len(rows)} images have the same {what} but different classes",
                count=len(rows),
                of=len(table.samples),
                remedy="Correct the labels or remove the images",
                examples=tuple(table.samples[row].path for row in rows),
            )
            return


def _conflicting(table: SampleTable, hashes: Sequence[str]) -> list[int]:
    labels: dict[str, set[int]] = defaultdict(set)
    for sample, content in zip(table.samples, hashes, strict=True):
        labels[content].add(sample.label)
    return [row for row, content in enumerate(hashes) if content and len(labels[content]) > 1]
