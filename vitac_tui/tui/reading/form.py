"""The settings of an experiment as rows of a form, drawn from their declaration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from vitac_tui.experiment import fields as declared
from vitac_tui.experiment.dataset import DatasetSettings
from vitac_tui.experiment.settings import Experiment, plain

Tables = tuple[Mapping[str, Any], ...]  # from the preset down to the table at hand


@dataclass(frozen=True)
class FormRow:
    """One setting: where it is, what it is now, and what its declaration says of it."""

    key: str  # as --set takes it
    text: str  # its value, as one would type it
    field: declared.Field

    @property
    def choices(self) -> tuple[str, ...]:
        """What it can be, where that is a short list."""
        if self.field.kind == "bool":
            return ("false", "true")
        return tuple(map(str, self.field.choices))

    @property
    def help(self) -> str:
        """What it is, its bounds, and what it can be."""
        bounds = ", ".join(f"{sign} {bound:g}" for sign, bound in self.field.bounds.items())
        chosen = self.field.choices.get(self.text, "")
        one_of = f"one of {', '.join(self.choices)}" if self.choices else ""
        return "  ".join(part for part in (self.field.help, bounds, chosen, one_of) if part)


def rows(experiment: Experiment) -> tuple[FormRow, ...]:
    """Return all settings of an experiment: data, model, training and so on, then the run's own."""
    found = tuple(_of(plain(experiment), "", "", (), _declared()))
    return tuple(sorted(found, key=lambda row: "." not in row.key))  # sorting is stable


def dataset_rows(dataset: DatasetSettings) -> tuple[FormRow, ...]:
    """Return the settings of a dataset, with keys below `[dataset]`.

    The layout and its own settings come first. The root and a split taken from another run are
    left out: they are chosen in other ways.
    """
    found = _of(plain(dataset), "dataset.", "dataset.", (), _declared())
    short = (replace(row, key=row.key.removeprefix("dataset.")) for row in found)
    kept = (row for row in short if row.key not in ("root", "split.from"))
    return tuple(sorted(kept, key=_dataset_place))


def _dataset_place(row: FormRow) -> tuple[int, ...]:
    if row.key in ("layout", "modality"):
        return (0, row.key == "modality")
    if row.field.when is not None:
        return (1,)
    return (2, row.key != "group", not row.key.startswith("split."))


def _declared() -> dict[str, list[declared.Field]]:
    by_key: dict[str, list[declared.Field]] = {}
    for field in declared.fields():
        by_key.setdefault(field.key, []).append(field)
    return by_key


def _of(
    table: Mapping[str, Any],
    prefix: str,
    pattern: str,
    above: Tables,
    by_key: Mapping[str, list[declared.Field]],
) -> Iterator[FormRow]:
    tables, declared_order = (*above, table), list(by_key)

    def order(name: str) -> int:
        """The layout before what follows from it; tables, which are no settings, in between."""
        kind = f"{pattern}{name}"
        return declared_order.index(kind) if kind in by_key else len(declared_order)

    for name in sorted(table, key=order):
        value = table[name]
        key, kind = f"{prefix}{name}", f"{pattern}{name}"
        if isinstance(value, dict):
            yield from _of(value, f"{key}.", f"{kind}.", tables, by_key)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            # The steps of a variant are declared where those of the preset are.
            inner = "prune.N." if name == "prune" else f"{kind}.N."
            for at, item in enumerate(value):
                yield from _of(item, f"{key}.{_element(item, at)}.", inner, tables, by_key)
        else:
            field = next((f for f in by_key.get(kind, ()) if _stands(f, tables)), None)
            if field is not None and field.kind != "tables":
                yield FormRow(key, literal(value), field)


def _element(item: Mapping[str, Any], at: int) -> str:
    """How `--set` finds an element of an array: by its name, unless that reads as something else.

    A name of digits is taken for a number, and a dot ends it.
    """
    name = str(item.get("name", at))
    return str(at) if name.isdigit() or "." in name else name


def _stands(field: declared.Field, tables: Tables) -> bool:
    """Whether a setting belongs to the layout or the method that is chosen."""
    if field.when is None:
        return True
    name = field.when[0].rpartition(".")[2]
    return any(table.get(name) == field.when[1] for table in tables)


def literal(value: Any) -> str:
    """A value as one would type it after `--set key=`."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
