"""The `[dataset]` table of a preset: read it, check it, and print the one to paste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vitac_tui.data.guess import Guess
from vitac_tui.data.read import read_dataset
from vitac_tui.experiment import presets
from vitac_tui.experiment.dataset import DatasetSettings

EXAMPLES = 3


def read_as(dataset: DatasetSettings) -> Guess:
    """Read a dataset with the given settings, without guessing.

    Raises:
        UserError: the settings do not fit the files.
    """
    table = read_dataset(dataset)
    return Guess(dataset, table, table.samples[:EXAMPLES], ())


def validated(
    table: Mapping[str, Any], sets: Sequence[str] = (), *, where: str = "dataset check"
) -> DatasetSettings:
    """Return the settings of a `[dataset]` table, changed by `--set dataset.key=value` texts.

    Raises:
        UserError: a setting is invalid; the message names its key.
    """
    data = {"name": "check", "model": {"arch": "resnet18"}, "dataset": dict(table)}
    dataset: DatasetSettings = presets.resolve(data, sets, where=where).dataset
    return dataset


def changed(dataset: DatasetSettings) -> dict[str, Any]:
    """Return the settings that differ from their defaults: the `[dataset]` table to paste."""
    table: dict[str, Any] = dataset.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"layout": table.pop("layout"), **table}
