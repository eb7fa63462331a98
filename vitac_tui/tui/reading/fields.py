"""The fields of the dataset's form, from the declarations of the settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vitac_tui.experiment.dataset import LAYOUTS, DatasetBase

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
    for layout, model in LAYOUTS.items():
        for key, info in _settings(model):
            before = found.get(key)
            layouts = (before.layouts if before else frozenset()) | {layout}
            choices = tuple(LAYOUTS) if key == "layout" else _choices(info)
            said = "How the images lie on disk." if key == "layout" else _help(info)
            found[key] = Field(key, said, choices, layouts)
    return tuple(sorted(found.values(), key=_place))


def text_of(dataset: DatasetBase, key: str) -> str:
    """The value of a setting as it is typed."""
    value: Any = dataset
    for part in key.split("."):
        value = getattr(value, part)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _settings(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, info in model.model_fields.items():
        key = f"{before}{info.alias or name}"
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _settings(kind, f"{key}.")
        elif key not in _ELSEWHERE:
            yield key, info


def _choices(info: FieldInfo) -> tuple[str, ...]:
    return get_args(info.annotation) if get_origin(info.annotation) is Literal else ()


def _help(info: FieldInfo) -> str:
    extra = info.json_schema_extra
    unit = extra.get("unit", "") if isinstance(extra, dict) else ""
    return f"{info.description or ''}{f' In {unit}.' if unit else ''}"


def _place(field: Field) -> tuple[int, ...]:
    if field.key in _FIRST:
        return (0, _FIRST.index(field.key))
    if len(field.layouts) < len(LAYOUTS):
        return (1,)
    return (2, field.key != "group", not field.key.startswith("split."))
