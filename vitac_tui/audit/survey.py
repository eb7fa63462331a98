"""What a dataset holds and what makes its figures doubtful: for `dataset check` and the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitac_tui.audit.compare import Progress
from vitac_tui.audit.findings import warnings_of
from vitac_tui.audit.report import describe
from vitac_tui.audit.verdict import verdict
from vitac_tui.data.guess import Guess
from vitac_tui.data.read import read_dataset
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.errors import one_line
from vitac_tui.experiment import presets
from vitac_tui.experiment.dataset import DatasetSettings
from vitac_tui.images.cache import Decoded, drop_corrupt

EXAMPLES = 3


@dataclass(frozen=True)
class Survey:
    """A dataset as it was read.

    Attributes:
        dataset: the settings.
        table: the samples; without the unreadable ones, once the images were decoded.
        examples: a few, to see how paths were understood.
        warnings: a line each, those of the guess included.
        verdict: one line about overlap of the held-out images with the training images.
        corrupt: path of each unreadable image and the reason; empty when no image was opened.
        report: the `dataset` of `results.json`; empty when no image was opened.
    """

    dataset: DatasetSettings
    table: SampleTable
    examples: tuple[Sample, ...]
    warnings: tuple[str, ...]
    verdict: str
    corrupt: Mapping[str, str]
    report: Mapping[str, Any]


def survey(
    read: Guess, decoded: Decoded | None = None, *, progress: Progress | None = None
) -> Survey:
    """Look at a dataset that was read; with its decoded images, at their content as well.

    Args:
        read: settings and samples.
        decoded: the images, in which near copies are then searched.
        progress: called with the numbers of images compared and in all; may raise to end it.
    """
    if decoded is None:
        found = (*read.notes, *read.table.warnings, *warnings_of(read.table))
        return Survey(read.dataset, read.table, read.examples, found, verdict(read.table), {}, {})
    corrupt = {read.table.samples[row].path: why for row, why in decoded.corrupt.items()}
    table, readable, left_out = drop_corrupt(read.table, decoded)
    notes = (*left_out, *read.notes)
    report = describe(read.dataset, read.table, table, readable, notes, progress=progress)
    return Survey(
        read.dataset,
        table,
        read.examples,
        tuple(report["warnings"]),
        report["verdict"],
        corrupt,
        report,
    )


def read_as(dataset: DatasetSettings) -> Guess:
    """Read a dataset by settings that are given; nothing is guessed. Raises UserError."""
    table = read_dataset(dataset)
    return Guess(dataset, table, table.samples[:EXAMPLES], ())


def validated(
    table: Mapping[str, Any], sets: Sequence[str] = (), *, where: str = "dataset check"
) -> DatasetSettings:
    """The settings of a `[dataset]` table and of `--set dataset.key=value` texts.

    Raises:
        UserError: with the key, for anything wrong.
    """
    data = {"name": "check", "model": {"arch": "resnet18"}, "dataset": dict(table)}
    dataset: DatasetSettings = presets.resolve(data, sets, where=where).dataset
    return dataset


def changed(dataset: DatasetSettings) -> dict[str, Any]:
    """The settings that differ from their defaults: the `[dataset]` table to paste."""
    table: dict[str, Any] = dataset.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"layout": table.pop("layout"), **table}


def parsed(sample: Sample) -> str:
    """One line: a path, and how it was understood."""
    frame = f", frame {sample.frame}" if sample.frame >= 0 else ""
    group = f", group {sample.group}" if sample.group else ""
    return one_line(f"{sample.path}: class {sample.class_name}{group}{frame}, {sample.split}")
