"""The fields of the dataset's form, from the declarations of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vitac_tui.experiment import fields as declared
from vitac_tui.experiment.dataset import LAYOUTS, DatasetSettings

_ELSEWHERE = ("root", "split.from")  # chosen in other ways than by a field
_FIRST = ("layout", "modality")


@dataclass(frozen=True)
class Field:
    """One setting.

    Attributes:
        key: its path below `[dataset]`, such as "split.test".
        help: one sentence, with the unit where there is one.
        choices: what it can be; () = it is typed.
        layouts: names of the layouts that have it.
    """

    key: str
    help: str
    choices: tuple[str, ...]
    layouts: frozenset[str]


def fields() -> tuple[Field, ...]:
    """The fields of all layouts: what is of every layout first and last, its own in between."""
    found: dict[str, Field] = {}
    for field in declared.fields():
        key = field.key.removeprefix("dataset.")
        if key == field.key or key in _ELSEWHERE or field.kind in ("table", "tables"):
            continue
        here = frozenset(LAYOUTS) if field.when is None else frozenset({field.when[1]})
        layouts = here | (found[key].layouts if key in found else frozenset())
        unit = f" In {field.unit}." if field.unit else ""
        choices = tuple(map(str, field.choices))
        found[key] = Field(key, f"{field.help}{unit}", choices, layouts)
    return tuple(sorted(found.values(), key=_place))


def text_of(dataset: DatasetSettings, key: str) -> str:
    """The value of a setting as it is typed."""
    value: Any = dataset
    for part in key.split("."):
        value = getattr(value, part)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _place(field: Field) -> tuple[int, ...]:
    if field.key in _FIRST:
        return (0, _FIRST.index(field.key))
    if len(field.layouts) < len(LAYOUTS):
        return (1,)
    return (2, field.key != "group", not field.key.startswith("split."))
