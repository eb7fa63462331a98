"""`--set key.path=value`: settings given on the command line."""

from __future__ import annotations

import copy
import tomllib
from dataclasses import dataclass
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment import tree
from vitac_tui.experiment.declare import Loc
from vitac_tui.experiment.origins import Origins
from vitac_tui.experiment.toml import DEEPEST, dotted, refuse_unfit


@dataclass(frozen=True)
class Override:
    """One `--set`: the text as typed, its key path, and the value read as TOML and as text."""

    text: str
    path: tuple[str, ...]
    value: Any  # as TOML if possible, else the text
    raw: str  # as typed

    @property
    def where(self) -> str:
        """The override, as the place of an error."""
        return f"--set {self.text}"


def parse_override(text: str) -> Override:
    """Read `key.path=value`; a value that is not TOML is text."""
    key, equals, raw = text.partition("=")
    path = tuple(part.strip() for part in key.split("."))
    if not equals or not all(path):
        raise UserError(
            f"{text!r} is not a setting", where="--set", remedy="write --set key.path=value"
        )
    if len(path) > DEEPEST:
        raise UserError("is nested too deeply", where=f"--set {text}")
    try:
        parsed = tomllib.loads(f"value = {raw}")
        value = parsed["value"] if len(parsed) == 1 else raw
    except (
        ValueError,
        RecursionError,
    ):  # not TOML, too many digits, or nested too deeply
        value = raw
    override = Override(text, path, value, raw)
    for reading in (text, value):
        refuse_unfit(reading, Origins(override.where), path)
    return override


def apply(data: dict[str, Any], override: Override, *, as_text: bool = False) -> Loc:
    """Set the value in `data`, in place, and return its key path.

    Elements of arrays are given by number; variants also by name.
    """
    place: Loc = ()
    at: Any = data
    *parents, last = override.path
    for part in parents:
        key = _key(at, part, override, place)
        place = (*place, key)
        at = at.setdefault(key, _empty(data, place)) if isinstance(at, dict) else at[key]
        if not isinstance(at, dict | list):
            raise UserError(
                f"{dotted(place)} is a value and not a table, so it has no {last!r}",
                where=override.where,
            )
    key = _key(at, last, override, place)
    at[key] = override.raw if as_text else copy.deepcopy(override.value)
    return (*place, key)


def _empty(data: dict[str, Any], place: Loc) -> dict[str, Any] | list[Any]:
    """Return the value of a table that the data does not have yet."""
    entry = tree.entry_at(data, place)
    return [] if entry is not None and entry.table is not None and entry.table.is_array else {}


def element_name(item: Any, number: int) -> str:
    """Return the name by which an override finds an element of an array.

    It is the element's own name, unless that could be read otherwise: a name of digits is taken
    for a number, and a dot ends it.
    """
    name = str(item.get("name", number)) if isinstance(item, dict) else str(number)
    return str(number) if name.isdigit() or "." in name else name


def _key(at: dict[str, Any] | list[Any], part: str, override: Override, place: Loc) -> str | int:
    if isinstance(at, dict):
        return part
    names = [item.get("name") if isinstance(item, dict) else None for item in at]
    for known in ([str(number) for number in range(len(at))], names):
        if part in known:
            return known.index(part)
    named = ", ".join(str(name) for name in names if name) or f"0 to {len(at) - 1}"
    raise UserError(
        f"{dotted(place)} has no element {part!r}",
        where=override.where,
        remedy=f"it has {len(at)}: {named}"
        if at
        else f"it is empty: the preset has no {place[-1]}",
    )
