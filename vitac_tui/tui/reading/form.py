"""The settings of an experiment as rows of a form, drawn from their declaration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from vitac_tui.experiment.settings import Experiment


@dataclass(frozen=True)
class Field:
    """One setting: where it is, what it is now, and what its declaration says of it."""

    key: str  # as --set takes it
    text: str  # its value, as one would type it
    help: str
    unit: str = ""
    range: str = ""
    choices: tuple[str, ...] = ()


def fields(experiment: Experiment) -> tuple[Field, ...]:
    """All settings of an experiment: data, model, training and so on, then the run's own."""
    found = tuple(_of(experiment, ""))
    return tuple(sorted(found, key=lambda field: "." not in field.key))  # sorting is stable


def _of(model: BaseModel, prefix: str) -> Iterator[Field]:
    schema = type(model).model_json_schema(by_alias=True)["properties"]
    tables: list[Iterator[Field]] = []  # after the plain settings
    for name, declared in type(model).model_fields.items():
        key, value = f"{prefix}{declared.alias or name}", getattr(model, name)
        if isinstance(value, BaseModel):
            tables.append(_of(value, f"{key}."))
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            tables += [_of(item, f"{key}.{_name(item, at)}.") for at, item in enumerate(value)]
        elif declared.description and not _holds_tables(about := schema[declared.alias or name]):
            yield Field(
                key,
                literal(value),
                declared.description,
                str(about.get("unit", "")),
                _range(about),
                _choices(about),
            )
    for table in tables:
        yield from table


def _holds_tables(about: dict[str, Any]) -> bool:
    items = about.get("items", {})
    return "$ref" in items or "oneOf" in items


def _name(item: BaseModel, at: int) -> str:
    """What --set calls an element: a variant its name, a step its number."""
    return str(getattr(item, "name", at))


def literal(value: Any) -> str:
    """A value as one would type it after `--set key=`."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return json.dumps([_plain(item) for item in value], ensure_ascii=False)
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _range(about: dict[str, Any]) -> str:
    bounds = (
        ("minimum", "≥"),
        ("exclusiveMinimum", ">"),
        ("maximum", "≤"),
        ("exclusiveMaximum", "<"),
    )
    return ", ".join(f"{sign} {about[key]}" for key, sign in bounds if key in about)


def _choices(about: dict[str, Any]) -> tuple[str, ...]:
    if about.get("type") == "boolean":
        return ("false", "true")
    return tuple(str(value) for value in about.get("enum", ()))
