"""`--set key.path=value`: changes to a preset's data from the command line."""

from __future__ import annotations

import copy
import tomllib
from dataclasses import dataclass
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment.toml import Loc


@dataclass(frozen=True)
class Override:
    """One `--set`: the text as typed, its key path and both readings of the value."""

    text: str
    path: tuple[str, ...]
    value: Any  # as TOML where it is TOML
    raw: str  # as typed


def parse_override(text: str) -> Override:
    """Read `key.path=value`; what is no TOML value is text."""
    key, equals, raw = text.partition("=")
    path = tuple(part.strip() for part in key.split("."))
    if not equals or not all(path):
        raise UserError(
            f"{text!r} is no setting", where="--set", remedy="write --set key.path=value"
        )
    try:
        parsed = tomllib.loads(f"value = {raw}")
        value = parsed["value"] if len(parsed) == 1 else raw
    except (tomllib.TOMLDecodeError, RecursionError):
        value = raw
    return Override(text, path, value, raw)


def apply(data: dict[str, Any], override: Override, *, as_text: bool = False) -> Loc:
    """Set the value in `data` in place and return where it went.

    Arrays are entered by number and variants by number or name.
    """
    place: Loc = ()
    at: Any = data
    *parents, last = override.path
    for part in parents:
        key = _key(at, part, override)
        place = (*place, key)
        at = at.setdefault(key, {}) if isinstance(at, dict) else at[key]
        if not isinstance(at, dict | list):
            where = ".".join(str(p) for p in place)
            raise UserError(
                f"{where} is a value, not a table, so it has no {last!r}",
                where=f"--set {override.text}",
            )
    key = _key(at, last, override)
    at[key] = override.raw if as_text else copy.deepcopy(override.value)
    return (*place, key)


def _key(at: dict[str, Any] | list[Any], part: str, override: Override) -> str | int:
    if isinstance(at, dict):
        return part
    if part.isdecimal() and int(part) < len(at):
        return int(part)
    names = [item.get("name") if isinstance(item, dict) else None for item in at]
    if part in names:
        return names.index(part)
    known = ", ".join(str(name) for name in names if name) or f"0 to {len(at) - 1}"
    raise UserError(
        f"no element {part!r}", where=f"--set {override.text}", remedy=f"there are: {known}"
    )
