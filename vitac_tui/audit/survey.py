"""Survey a dataset: what it contains, and what undermines metrics measured on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vitac_tui.audit.assessment import Assessment, assess
from vitac_tui.audit.comparison import Progress, compare_images
from vitac_tui.audit.counts import split_counts
from vitac_tui.audit.fingerprint import fingerprint
from vitac_tui.audit.inputs import AuditInputs
from vitac_tui.audit.no_contact import no_contact_baseline
from vitac_tui.audit.split_remedy import split_remedy
from vitac_tui.data.guess import Guess
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.errors import one_line
from vitac_tui.experiment.dataset import DatasetSettings
from vitac_tui.experiment.settings import plain
from vitac_tui.images.cache import Decoded, drop_corrupt
from vitac_tui.images.spec import range_warnings
from vitac_tui.runs.rows import DatasetRow


@dataclass(frozen=True)
class Survey:
    """A dataset as it was read.

    Attributes:
        dataset: the settings.
        table: the samples; without the unreadable ones if the images were decoded.
        examples: a few samples, to check how their paths were understood.
        assessment: what was found, including the notes of reading and guessing.
        corrupt: reason by path of each unreadable image; empty if no image was opened.
        report: the `dataset` of `results.json`; None if no image was opened.
    """

    dataset: DatasetSettings
    table: SampleTable
    examples: tuple[Sample, ...]
    assessment: Assessment
    corrupt: Mapping[str, str]
    report: DatasetRow | None


def survey(
    read: Guess, decoded: Decoded | None = None, *, progress: Progress | None = None
) -> Survey:
    """Survey a dataset that was read, including the content of its images if they are decoded.

    Args:
        read: settings and samples.
        decoded: the images, which are then compared.
        progress: called with the number of images compared and in total; may raise to cancel.
    """
    if decoded is None:
        inputs = AuditInputs(split_remedy=split_remedy(read.dataset, read.table))
        found = assess(read.table, inputs, read.notes)
        return Survey(read.dataset, read.table, read.examples, found, {}, None)
    corrupt = {read.table.samples[row].path: why for row, why in decoded.corrupt.items()}
    table, readable, dropped = drop_corrupt(read.table, decoded)
    notes = (*dropped, *read.notes)
    found, report = describe(read.dataset, read.table, table, readable, notes, progress=progress)
    return Survey(read.dataset, table, read.examples, found, corrupt, report)


def describe(
    dataset: DatasetSettings,
    whole: SampleTable,
    table: SampleTable,
    decoded: Decoded,
    notes: Sequence[str],
    *,
    progress: Progress | None = None,
) -> tuple[Assessment, DatasetRow]:
    """Compare the images of a dataset, assess it, and make the `dataset` of `results.json`.

    Args:
        dataset: the settings.
        whole: all samples.
        table: the samples that can be read.
        decoded: their images.
        notes: warnings from reading the dataset, which are listed first.
        progress: called with the number of images compared and in total; may raise to cancel.
    """
    compared = compare_images(table, decoded.pixels, progress)
    no_contact = no_contact_baseline(table, decoded.pixels, dataset.modality)
    inputs = AuditInputs(decoded.hashes, compared, no_contact, split_remedy(dataset, table))
    found = assess(table, inputs, [*notes, *range_warnings(decoded.spec)])
    counts = split_counts(table)
    return found, {
        "layout": plain(dataset)["layout"],
        "modality": dataset.modality,
        "classes": len(whole.class_ids),
        "class_names": list(whole.class_names),
        "images": {split: count["images"] for split, count in counts.items()},
        "groups": {split: count["groups"] for split, count in counts.items()},
        "corrupt": len(whole.samples) - len(table.samples),
        "range": list(decoded.spec.value_range or ()) or "full",
        "fingerprint": fingerprint(table, decoded.hashes),
        "near_copies": {split: near.record() for split, near in compared.near.items()},
        "chosen_by": compared.val_in_test.record() if compared.val_in_test else None,
        "no_contact": no_contact.record(),
        "probes": {split: baselines.record() for split, baselines in compared.baselines.items()},
        "findings": [finding.record() for finding in found.findings],
        "warnings": list(found.warnings),
        "verdict": found.verdict,
        "verdict_grade": found.grade.name.lower(),
        "coverage": found.coverage.record(),
    }


def parsed(sample: Sample) -> str:
    """Return one line with a path and how it was understood."""
    frame = f", frame {sample.frame}" if sample.frame >= 0 else ""
    group = f", group {sample.group}" if sample.group else ""
    return one_line(f"{sample.path}: class {sample.class_name}{group}{frame}, {sample.split}")
