"""Every setting as plain data, for forms and for the reference page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

from vitac_tui.experiment import tree
from vitac_tui.experiment.dataset import DatasetSettings
from vitac_tui.experiment.declare import Affects
from vitac_tui.experiment.overrides import element_name
from vitac_tui.experiment.settings import Experiment, plain
from vitac_tui.experiment.tree import Model, Table

Kind = Literal[
    "int", "float", "text", "bool", "choice", "path", "list", "amount", "table", "tables"
]
When = tuple[str, str] | None
_PLAIN: dict[str, Kind] = {"integer": "int", "number": "float", "string": "text", "boolean": "bool"}
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


@dataclass(frozen=True)
class Field:
    """One setting.

    Attributes:
        key: its path in a preset; N stands for the number of an array's element. `prune.N` also
            stands for the steps of a variant.
        kind: "amount" is a number or a table. The settings in a "table" or in "tables" are fields
            of their own.
        elements: kind of a list's elements, or "".
        when: key and value that the setting belongs to, such as ("dataset.layout", "list"); None
            if it does not depend on another setting.
        bounds: bound by its sign, "≥", ">", "≤" or "<"; of each element if it is a list.
        choices: the values of a "choice", each with its help.
        default: as in TOML; None if the setting is required.
    """

    key: str
    kind: Kind
    elements: Kind | Literal[""]
    group: str
    when: When
    help: str
    unit: str
    affects: Affects
    bounds: Mapping[str, float]
    choices: Mapping[Any, str]
    required: bool
    default: Any


@dataclass(frozen=True)
class Group:
    """The settings of a table, with its title and help."""

    title: str
    help: str
    fields: tuple[Field, ...]


Known = Mapping[tuple[str, When], Field]


def fields() -> tuple[Field, ...]:
    """Return all settings, in the order of the reference page."""
    return tuple(field for group in groups() for field in group.fields)


@cache
def groups() -> tuple[Group, ...]:
    """Return all settings by their tables."""
    return tuple(_groups(tree.ROOT, "", None, set()))


def values(experiment: Experiment) -> Iterator[tuple[str, Any, Field]]:
    """Yield every setting of an experiment: its key as `--set` takes it, its value, its field.

    Values are plain data. A setting that decides the kind of its table comes before the others.
    """
    yield from _values(tree.ROOT, plain(experiment), "", "", None, _known())


def dataset_values(dataset: DatasetSettings) -> Iterator[tuple[str, Any, Field]]:
    """Yield the settings of a dataset as `values` does, with keys below `[dataset]`."""
    table = tree.entries(tree.ROOT.base)["dataset"].table
    assert table is not None
    yield from _values(table, plain(dataset), "", "dataset.", None, _known())


def _known() -> Known:
    return {(field.key, field.when): field for field in fields()}


def _values(
    table: Table, data: Mapping[str, Any], key: str, pattern: str, when: When, known: Known
) -> Iterator[tuple[str, Any, Field]]:
    own = (f"{pattern}{table.key}", str(data[table.key])) if table.key else when
    entries = tree.entries(table.model_of(data) or table.base)
    for name in sorted(data, key=lambda name: (name != table.key, [*entries].index(name))):
        value, below = data[name], entries[name].table
        if below is not None and isinstance(value, dict):
            yield from _values(below, value, f"{key}{name}.", f"{pattern}{name}.", own, known)
        elif below is not None and isinstance(value, list):
            for at, item in enumerate(value):
                element = f"{key}{name}.{element_name(item, at)}."
                yield from _values(below, item, element, _pattern(pattern, name), None, known)
        else:
            places = [(f"{pattern}{name}", belongs_to) for belongs_to in (own, when, None)]
            for place in places:
                if place in known:
                    yield f"{key}{name}", value, known[place]
                    break


def _pattern(above: str, array: str) -> str:
    """Return the pattern of an array's elements; the steps of a variant are those of a preset."""
    return "prune.N." if array == "prune" else f"{above}{array}.N."


def _groups(table: Table, prefix: str, when: When, seen: set[Model]) -> Iterator[Group]:
    """Yield the groups of a table: what all kinds have, what each has, then the tables in it."""
    seen.add(table.base)
    title = _title(table, prefix)
    common = _group(title, prefix, table.base, when=when)
    if not table.key:
        yield common
    else:
        helps = {kind: _help(model) for kind, model in table.kinds.items()}
        choice = {"enum": [*helps], "x-help": helps, "description": f"Which {table.key} it is."}
        first = _field(f"{prefix}{table.key}", choice, title, None, required=True)
        yield Group(title, common.help, (first, *common.fields))
        for kind, model in table.kinds.items():
            chosen = (first.key, kind)
            yield _group(f'{title} {table.key} = "{kind}"', prefix, model, table.base, chosen)
    for name, (below, only) in _tables(table, prefix).items():
        if below.base not in seen:
            number = "N." if below.is_array else ""
            yield from _groups(below, f"{prefix}{name}.{number}", only or when, seen)


def _tables(table: Table, prefix: str) -> Mapping[str, tuple[Table, When]]:
    """Return the tables in a table, and the kind that has it if only one of several kinds does."""
    found: dict[str, tuple[Table, When]] = {}
    whens: list[tuple[When, Model]] = [(None, table.base)]
    whens += [((f"{prefix}{table.key}", kind), model) for kind, model in table.kinds.items()]
    for when, model in whens:
        for name, entry in tree.entries(model).items():
            if entry.table is not None:
                found[name] = entry.table, None if name in found else when
    return found


def _title(table: Table, prefix: str) -> str:
    name = prefix.replace(".N", "").rstrip(".")
    return f"[[{name}]]" if table.is_array else f"[{name}]" if name else "preset"


def _group(
    title: str, prefix: str, model: Model, base: Model = BaseModel, when: When = None
) -> Group:
    schema = model.model_json_schema(by_alias=True)
    made = (
        _field(f"{prefix}{key}", value, title, when, required=key in schema.get("required", ()))
        for key, value in schema["properties"].items()
        if key not in tree.entries(base) and "const" not in value
    )
    return Group(title, _help(model), tuple(made))


def _field(key: str, schema: dict[str, Any], group: str, when: When, *, required: bool) -> Field:
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
