"""The settings of an experiment as rows of a form, built from their declarations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from vitac_tui.experiment.dataset import DatasetSettings
from vitac_tui.experiment.fields import Field, dataset_values, values
from vitac_tui.experiment.settings import Experiment


@dataclass(frozen=True)
class FormRow:
    """One setting: its key, its current value, and its declaration."""

    key: str  # as --set takes it
    text: str  # its value, as one would type it
    field: Field

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the possible values, if they are a short list."""
        if self.field.kind == "bool":
            return ("false", "true")
        return tuple(map(str, self.field.choices))

    @property
    def help(self) -> str:
        """Return the help text, the bounds, the current choice's meaning, and the choices."""
        bounds = ", ".join(f"{sign} {bound:g}" for sign, bound in self.field.bounds.items())
        chosen = self.field.choices.get(self.text, "")
        one_of = f"one of {', '.join(self.choices)}" if self.choices else ""
        return "  ".join(part for part in (self.field.help, bounds, chosen, one_of) if part)


def rows(experiment: Experiment) -> tuple[FormRow, ...]:
    """Return all settings of an experiment, those outside any table last."""
    found = (FormRow(key, literal(value), field) for key, value, field in values(experiment))
    return tuple(sorted(found, key=lambda row: "." not in row.key))  # sorting is stable


def dataset_rows(dataset: DatasetSettings) -> tuple[FormRow, ...]:
    """Return the settings of a dataset, with keys below `[dataset]`.

    The layout and its own settings come first. `root` and `split.from` are left out, since they are
    chosen elsewhere.
    """
    found = (FormRow(key, literal(value), field) for key, value, field in dataset_values(dataset))
    kept = (row for row in found if row.key not in ("root", "split.from"))
    return tuple(sorted(kept, key=_dataset_order))


def _dataset_order(row: FormRow) -> tuple[int, ...]:
    if row.key in ("layout", "modality"):
        return (0, row.key == "modality")
    if row.field.when is not None:
        return (1,)
    return (2, row.key != "group", not row.key.startswith("split."))


def literal(value: Any) -> str:
    """Return a value as one would type it after `--set key=`."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
