"""What a dataset holds and what makes its figures doubtful: for `dataset check` and the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitac_tui.data.cache import Decoded, drop_corrupt
from vitac_tui.data.findings import verdict, warnings_of
from vitac_tui.data.guess import Guess
from vitac_tui.data.read import read_dataset
from vitac_tui.data.table import SPLITS, Sample, SampleTable
from vitac_tui.errors import one_line
from vitac_tui.experiment import presets
from vitac_tui.experiment.dataset import DatasetBase

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
        hashes: content hash of each of the table's rows; None when no image was opened.
        corrupt: path of each unreadable image and the reason; empty when no image was opened.
    """

    dataset: DatasetBase
    table: SampleTable
    examples: tuple[Sample, ...]
    warnings: tuple[str, ...]
    verdict: str
    hashes: tuple[str, ...] | None
    corrupt: Mapping[str, str]


def survey(read: Guess, decoded: Decoded | None = None) -> Survey:
    """Look at a dataset that was read; with its decoded images, at their content as well."""
    table, hashes = read.table, None
    left_out: tuple[str, ...] = ()
    corrupt: dict[str, str] = {}
    if decoded is not None:
        corrupt = {table.samples[row].path: why for row, why in decoded.corrupt.items()}
        table, decoded, left_out = drop_corrupt(table, decoded)
        hashes = decoded.hashes
    found = (*left_out, *read.notes, *table.warnings, *warnings_of(table, hashes))
    return Survey(
        read.dataset, table, read.examples, found, verdict(table, hashes), hashes, corrupt
    )


def read_as(dataset: DatasetBase) -> Guess:
    """Read a dataset by settings that are given; nothing is guessed. Raises UserError."""
    table = read_dataset(dataset)
    return Guess(dataset, table, table.samples[:EXAMPLES], ())


def validated(
    table: Mapping[str, Any], sets: Sequence[str] = (), *, where: str = "dataset check"
) -> DatasetBase:
    """The settings of a `[dataset]` table and of `--set dataset.key=value` texts.

    Raises:
        UserError: with the key, for anything wrong.
    """
    data = {"name": "check", "model": {"arch": "resnet18"}, "dataset": dict(table)}
    dataset: DatasetBase = presets.resolve(data, sets, where=where).dataset
    return dataset


def changed(dataset: DatasetBase) -> dict[str, Any]:
    """The settings that differ from their defaults: the `[dataset]` table to paste."""
    table: dict[str, Any] = dataset.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"layout": table.pop("layout"), **table}


def split_counts(table: SampleTable) -> dict[str, dict[str, int]]:
    """Images and groups of each split."""
    return {
        split: {
            "images": len(rows := table.rows(split)),
            "groups": len({(table.samples[i].label, table.samples[i].group) for i in rows}),
        }
        for split in SPLITS
    }


def parsed(sample: Sample) -> str:
    """One line: a path, and how it was understood."""
    frame = f", frame {sample.frame}" if sample.frame >= 0 else ""
    group = f", group {sample.group}" if sample.group else ""
    return one_line(f"{sample.path}: class {sample.class_name}{group}{frame}, {sample.split}")
