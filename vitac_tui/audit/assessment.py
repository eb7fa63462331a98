"""The assessment of a dataset: all findings, what was compared, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vitac_tui.audit.baselines import Baselines
from vitac_tui.audit.confounding import confounding_findings
from vitac_tui.audit.content_findings import (
    baseline_findings,
    conflicting_labels,
    no_contact_findings,
)
from vitac_tui.audit.coverage import Coverage, coverage
from vitac_tui.audit.finding import Finding, Kind
from vitac_tui.audit.inputs import NAMES_ONLY, AuditInputs
from vitac_tui.audit.overlap_findings import overlap_findings
from vitac_tui.audit.table_checks import table_findings
from vitac_tui.data.table import SampleTable
from vitac_tui.errors import one_line
from vitac_tui.runs.grades import Grade
from vitac_tui.runs.numbers import share_text

#: Splits that are compared. Test comes first: of equally serious findings, the first is reported.
PAIRS = (("test", "train"), ("val", "train"), ("test", "val"))


@dataclass(frozen=True)
class Assessment:
    """What was found. Warnings, verdict and grade are derived from the findings.

    Attributes:
        findings: all findings, in the order in which they are listed.
        coverage: what was compared and what was not.
        baselines: of the split that the verdict is about; None if they were not run.
    """

    findings: tuple[Finding, ...]
    coverage: Coverage
    baselines: Baselines | None

    @property
    def gravest(self) -> Finding | None:
        """The most serious finding; None if none casts doubt on the metrics."""
        doubts = [finding for finding in self.findings if finding.grade.casts_doubt]
        return min(doubts, key=_rank, default=None)

    @property
    def grade(self) -> Grade:
        """The grade of the verdict."""
        return self.gravest.grade if self.gravest else Grade.NOTHING_FOUND

    @property
    def warnings(self) -> tuple[str, ...]:
        """Each finding as one line."""
        return tuple(finding.line() for finding in self.findings)

    @property
    def verdict(self) -> str:
        """The most serious finding, or what was compared without finding anything, as one line."""
        gravest = self.gravest
        sentences = [gravest.summary()] if gravest else []
        if gravest is None or gravest.grade is Grade.DOUBTFUL:
            nothing = "Otherwise nothing was found" if gravest else Grade.NOTHING_FOUND.title
            sentences.append(f"{nothing}: {self.coverage.sentence()}")
        if self.baselines:
            sentences.append(_baselines(self.baselines))
        return one_line(" ".join(sentences))


def assess(
    table: SampleTable, inputs: AuditInputs = NAMES_ONLY, notes: Sequence[str] = ()
) -> Assessment:
    """Assess a dataset.

    Args:
        table: the samples.
        inputs: what is known of their content.
        notes: warnings from reading the dataset, which are listed first.
    """
    held_out = "test" if table.rows("test") else "val"
    reading = (Finding(Kind.READING, Grade.WARNING, text) for text in (*notes, *table.warnings))
    return Assessment(
        (*reading, *_findings(table, inputs, held_out)),
        coverage(table, inputs, held_out),
        inputs.baselines(held_out),
    )


def _findings(table: SampleTable, inputs: AuditInputs, held_out: str) -> Iterator[Finding]:
    """Yield all findings about a table; `held_out` is the split that the verdict is about."""
    yield from table_findings(table)
    yield from confounding_findings(table)
    for split, other in PAIRS:
        yield from overlap_findings(table, inputs, split, other)
    for split in ("test", "val"):
        grade = Grade.DOUBTFUL if split == held_out else Grade.WARNING
        yield from baseline_findings(inputs.baselines(split), split, grade)
    yield from no_contact_findings(inputs.no_contact)
    yield from conflicting_labels(table, inputs)


def _rank(finding: Finding) -> tuple[int, bool]:
    """Order findings: the most serious first, and copies before a leak through shared groups."""
    return -finding.grade, finding.kind is Kind.SHARED_GROUPS


def _baselines(found: Baselines) -> str:
    nearest = share_text(found.nearest_neighbour, found.images)
    colour = share_text(found.colour, found.images)
    return f"Nearest-neighbour baseline: {nearest}, mean-colour baseline: {colour}."
