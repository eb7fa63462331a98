"""Every setting as plain data, for whatever draws a form or writes a page of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from vitac_tui.experiment.dataset import LAYOUTS, Columns, DatasetSettings, Split
from vitac_tui.experiment.declare import Affects
from vitac_tui.experiment.prune import METHODS, Recover, Step, Sweep
from vitac_tui.experiment.settings import Experiment, Variant
from vitac_tui.experiment.stages import Evaluate, Model, Select, Train

Kind = Literal[
    "int", "float", "text", "bool", "choice", "path", "list", "amount", "table", "tables"
]
Kinds = Mapping[str, type[BaseModel]]
_PLAIN: dict[str, Kind] = {"integer": "int", "number": "float", "string": "text", "boolean": "bool"}
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


@dataclass(frozen=True)
class Field:
    """One setting.

    Attributes:
        key: its path in a preset; N stands for the number of an array's element. `prune.N` are
            the steps of a variant, too.
        kind: "amount" is a float, or several in a table; what "table" and "tables" hold are
            fields of their own.
        elements: kind of a list's elements, else "".
        when: key and name of the choice that the setting belongs to; None where it always stands.
        bounds: of the number, or of each in a list: "≥", ">", "≤" or "<" and the bound.
        choices: what a choice can be, each with its help.
        default: as in TOML; None where the setting is required.
    """

    key: str
    kind: Kind
    elements: Kind | Literal[""]
    group: str
    when: tuple[str, str] | None
    help: str
    unit: str
    affects: Affects
    bounds: Mapping[str, float]
    choices: Mapping[Any, str]
    required: bool
    default: Any


@dataclass(frozen=True)
class Group:
    """Settings that stand together, with the title and the help of their table."""

    title: str
    help: str
    fields: tuple[Field, ...]


def fields() -> tuple[Field, ...]:
    """All settings, in the order of the reference page."""
    return tuple(field for group in groups() for field in group.fields)


def groups() -> tuple[Group, ...]:
    """All settings by their tables."""
    return (
        _group("preset", "", Experiment),
        *_groups("[dataset]", "dataset.", DatasetSettings, "layout", LAYOUTS),
        _group("[dataset.split]", "dataset.split.", Split),
        _group("[dataset.columns]", "dataset.columns.", Columns, when=("dataset.layout", "list")),
        _group("[model]", "model.", Model),
        _group("[train]", "train.", Train),
        _group("[evaluate]", "evaluate.", Evaluate),
        _group("[select]", "select.", Select),
        _group("[[variant]]", "variant.N.", Variant),
        *_groups("[[prune]]", "prune.N.", Step, "method", METHODS),
        _group("[prune.recover]", "prune.N.recover.", Recover),
        _group("[prune.amount]", "prune.N.amount.", Sweep),
    )


def _groups(
    title: str, prefix: str, base: type[BaseModel], name: str, kinds: Kinds
) -> Iterator[Group]:
    """What all kinds of a table have, beginning with the choice of one, then what each has."""
    common = _group(title, prefix, base)
    helps = {kind: _help(model) for kind, model in kinds.items()}
    choice = {"enum": [*kinds], "x-help": helps, "description": f"Which {name} it is."}
    first = _field(f"{prefix}{name}", choice, title, None, required=True)
    yield Group(title, common.help, (first, *common.fields))
    for kind, model in kinds.items():
        yield _group(f'{title} {name} = "{kind}"', prefix, model, base, (first.key, kind))


def _group(
    title: str,
    prefix: str,
    model: type[BaseModel],
    base: type[BaseModel] = BaseModel,
    when: tuple[str, str] | None = None,
) -> Group:
    schema = model.model_json_schema(by_alias=True)
    made = (
        _field(f"{prefix}{key}", value, title, when, required=key in schema.get("required", ()))
        for key, value in schema["properties"].items()
        if key not in base.model_fields and "const" not in value
    )
    return Group(title, _help(model), tuple(made))


def _field(
    key: str, schema: dict[str, Any], group: str, when: tuple[str, str] | None, *, required: bool
) -> Field:
    kind = _kind(schema)
    form = (schema.get("anyOf") or schema.get("oneOf") or [schema])[0]
    number = form.get("items", form)
    return Field(
        key=key,
        kind=kind,
        elements=_PLAIN[number["type"]] if kind == "list" else "",
        group=group,
        when=when,
        help=schema["description"],
        unit=schema.get("unit", ""),
        affects=schema.get("affects", "result"),
        bounds={sign: number[name] for name, sign in _BOUNDS.items() if name in number},
        choices=dict.fromkeys(schema.get("enum", ()), "") | schema.get("x-help", {}),
        required=required,
        default=schema.get("default"),
    )


def _kind(schema: dict[str, Any]) -> Kind:
    if "enum" in schema:
        return "choice"
    if schema.get("format") == "path":
        return "path"
    if "oneOf" in schema and "discriminator" not in schema:
        return "amount"
    if "anyOf" in schema or "type" in schema.get("items", {}):
        return "list"
    return "tables" if "items" in schema else _PLAIN.get(schema.get("type", ""), "table")


def _help(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0].rstrip(".")
