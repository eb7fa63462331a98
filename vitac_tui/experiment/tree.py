"""The tree of settings: the tables that a preset has, and the settings and tables in each.

It is read off the settings classes. Everything that follows a key path, such as `prune.0.amount`,
does so here: overrides, error messages, forms and the reference page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vitac_tui.experiment.declare import Loc
from vitac_tui.experiment.one_of import OneOf
from vitac_tui.experiment.plugins import PluginError
from vitac_tui.experiment.settings import Experiment

Model = type[BaseModel]


@dataclass(frozen=True)
class Table:
    """A table of settings.

    Attributes:
        base: the settings class of the table, or what its kinds have in common.
        key: the setting that decides which kind it is, such as "layout"; "" if there is one kind.
        kinds: settings class by the text under `key`; empty if there is one kind.
        is_array: the table is an array, `[[name]]`, of such tables.
        or_value: a number may be given instead of the table.
    """

    base: Model
    key: str = ""
    kinds: Mapping[str, Model] = field(default_factory=dict)
    is_array: bool = False
    or_value: bool = False

    @property
    def is_tagged(self) -> bool:
        """Whether pydantic inserts the kind after the table's name in the place of an error."""
        return bool(self.key) or self.or_value

    def model_of(self, data: Any) -> Model | None:
        """Return the settings class that data for this table has, or None if its kind is unknown.

        Args:
            data: one table, as in a preset.
        """
        if not self.key:
            return self.base
        kind = data.get(self.key) if isinstance(data, Mapping) else None
        try:
            return self.kinds.get(kind) if isinstance(kind, str) else None
        except PluginError:
            return None


@dataclass(frozen=True)
class Entry:
    """A setting, or a table of settings.

    Attributes:
        name: as a preset has it.
        attribute: as the settings class has it.
        info: the declaration.
        table: the table that it is; None for a setting.
    """

    name: str
    attribute: str
    info: FieldInfo
    table: Table | None


ROOT = Table(Experiment)


@cache
def entries(model: Model) -> Mapping[str, Entry]:
    """Return the settings and tables of a settings class by their name in a preset, in order."""
    found = (
        Entry(info.alias or name, name, info, _table(info))
        for name, info in model.model_fields.items()
    )
    return {entry.name: entry for entry in found}


def entry_at(data: Any, loc: Loc) -> Entry | None:
    """Return the setting or table at a key path of preset data; for an element, that of its array.

    None if there is no such setting; the data need not be valid.
    """
    return _follow(data, loc)[0]


def model_at(data: Any, loc: Loc) -> Model | None:
    """Return the settings class of the table at a key path, or None if the path leaves the tree."""
    return _follow(data, loc)[1]


def without_tags(loc: Sequence[int | str]) -> Loc:
    """Return the key path of an error's place, without the kinds that pydantic inserts."""
    path: list[int | str] = []
    table: Table | None = ROOT
    model: Model | None = ROOT.base
    expects_tag = False
    for part in loc:
        if expects_tag and table is not None:
            model = table.kinds.get(str(part), table.base)
            expects_tag = False
            continue
        path.append(part)
        if isinstance(part, str):
            table = _table_in(model, part)
        is_whole_array = table is not None and table.is_array and isinstance(part, str)
        model = None if table is None or is_whole_array else table.base
        expects_tag = table is not None and table.is_tagged and not is_whole_array
    return tuple(path)


@cache
def deciding_keys() -> frozenset[str]:
    """Return the names of the settings that decide the kind of their table."""

    def keys(table: Table) -> Iterator[str]:
        if table.key:
            yield table.key
        for entry in entries(table.base).values():
            if entry.table is not None:
                yield from keys(entry.table)

    return frozenset(keys(ROOT))


def _follow(data: Any, loc: Loc) -> tuple[Entry | None, Model | None]:
    entry: Entry | None = None
    model: Model | None = ROOT.base
    for part in loc:
        if isinstance(part, str):
            entry = entries(model).get(part) if model is not None else None
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            data = None
        table = entry.table if entry is not None else None
        model = table.model_of(data) if table is not None and not isinstance(data, list) else None
    return entry, model


def _table_in(model: Model | None, name: str) -> Table | None:
    entry = entries(model).get(name) if model is not None else None
    return entry.table if entry is not None else None


def _table(info: FieldInfo) -> Table | None:
    kind, notes = info.annotation, [*info.metadata, info]
    is_array = get_origin(kind) is tuple
    if is_array:
        kind, notes = _unwrapped(get_args(kind)[0])
    one_of = next((note for note in notes if isinstance(note, OneOf)), None)
    if one_of is not None:
        return Table(_checked(kind), one_of.key, one_of.kinds, is_array)
    if _is_model(kind):
        return Table(_checked(kind), is_array=is_array)
    models = [member for part in get_args(kind) if _is_model(member := _unwrapped(part)[0])]
    if not models:
        return None
    keys = [note.discriminator for note in notes if isinstance(note, FieldInfo)]
    key = next((key for key in keys if isinstance(key, str)), "")
    if not key:
        (model,) = models
        return Table(model, is_array=is_array, or_value=True)
    kinds = {get_args(model.model_fields[key].annotation)[0]: model for model in models}
    return Table(_common(models), key, kinds, is_array)


def _unwrapped(kind: Any) -> tuple[Any, list[Any]]:
    """Return a type without its annotations, and the annotations."""
    if get_origin(kind) is not Annotated:
        return kind, []
    inner, *notes = get_args(kind)
    return inner, notes


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _checked(kind: Any) -> Model:
    assert _is_model(kind), kind
    model: Model = kind
    return model


def _common(models: Sequence[Model]) -> Model:
    """Return the nearest class that all models derive from."""
    ancestors = (kind for kind in models[0].__mro__ if issubclass(kind, BaseModel))
    return next(kind for kind in ancestors if all(issubclass(model, kind) for model in models))
