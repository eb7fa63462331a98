"""Turn a validation error into one line: what is wrong, where (file, line, key), how to fix it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vitac_tui.errors import UserError
from vitac_tui.experiment import tree
from vitac_tui.experiment.declare import Loc, MisfitError
from vitac_tui.experiment.origins import Origins
from vitac_tui.experiment.registries import near
from vitac_tui.experiment.toml import dotted
from vitac_tui.experiment.tree import Entry

_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "bool": "true or false",
    "tuple": "a list",
    "model": "a table",
    "model_attributes": "a table",
}
_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}

_RANK = {"union_tag_invalid": 0, "union_tag_not_found": 1, "extra_forbidden": 2}


def located(error: ErrorDetails) -> Loc:
    """Return the key path of a pydantic error."""
    path = tree.without_tags(error["loc"])
    if error["type"] == "union_tag_invalid":
        return (*path, str(error["ctx"]["discriminator"]).strip("'"))
    return path


@dataclass(frozen=True)
class Problem:
    """What is wrong, with which keys, and how to fix it."""

    keys: tuple[Loc, ...]
    what: str
    remedy: str


def first_problem(error: ValidationError, data: Any) -> Problem:
    """Return the problem to show, with the number of other keys that have one."""
    # A table of the wrong kind has unknown keys, so its kind is shown first. A misspelt key is
    # also a missing one; the user can see the misspelling.
    errors = error.errors()
    details = min(errors, key=lambda item: _RANK.get(item["type"], len(_RANK)))
    loc = located(details)
    what, remedy = _say(details, loc, data)
    others = _independent(errors, loc, misspelt=details["type"] == "extra_forbidden")
    if others:
        what += f" (and {len(others)} more problem{'s' if len(others) > 1 else ''})"
    misfit = (details.get("ctx") or {}).get("error")
    keys = misfit.keys if isinstance(misfit, MisfitError) else ()
    return Problem(tuple((*loc, *key) for key in keys) or (loc,), what, remedy)


def _independent(errors: Sequence[ErrorDetails], first: Loc, *, misspelt: bool) -> set[Loc]:
    """Return the keys whose problems remain when the first one is fixed.

    A list whose only element is wrong is also reported as empty, and a misspelt key as missing.
    """
    kinds = {located(error): error["type"] for error in errors}
    tables = {loc[:end] for loc in kinds for end in range(len(loc))}
    return {
        loc
        for loc, kind in kinds.items()
        if loc not in tables and not (misspelt and kind == "missing" and loc[:-1] == first[:-1])
    } - {first}


def _say(error: ErrorDetails, loc: Loc, data: Any) -> tuple[str, str]:
    kind, context, given = error["type"], error.get("ctx") or {}, error["input"]
    entry = tree.entry_at(data, loc)
    if kind == "extra_forbidden":
        return f"unknown key{_near_key(data, loc)}", ""
    if kind == "missing":
        return "is required", _help(entry)
    if kind == "value_error":
        return str(context["error"]), ""
    if kind == "union_tag_invalid":
        known = _kinds(tree.entry_at(data, loc[:-1]))
        return f"{_brief(context['tag'])} is not known{near(str(context['tag']), known)}", ""
    if kind == "union_tag_not_found":
        key = str(context["discriminator"]).strip("'")
        return f"{key} is required", f"one of {', '.join(_kinds(entry))}"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", str(context["expected"])) or [str(context["expected"])]
        return f"{_brief(given)} is not known{near(str(given), known)}", ""
    if kind in _BOUNDS:
        side, bound = _BOUNDS[kind]
        what = f"must be {side} {context[bound]:.12g}, not {given!r}"
    elif expected := _EXPECTED.get(kind.removesuffix("_type")):
        what = f"expects {expected}, not {_shown(given)}"
        with suppress(TypeError, ValueError):
            if kind == "float_type" and math.isfinite(number := float(given)):
                return what, f"write {number!r}"
    elif kind == "string_pattern_mismatch":
        what = f"{_brief(given)} does not have the right form"
    elif kind in ("too_short", "string_too_short"):
        what = "must not be empty"
    elif kind == "too_long":
        what = f"has {len(given)} elements, and at most {context['max_length']} are allowed"
    elif kind == "finite_number":
        what = f"must be a finite number, not {given!r}"
    else:
        what = f"is not right: {_shown(given)}"
    return what, _help(entry)


def _shown(value: Any) -> str:
    kinds: Mapping[type, str] = {str: "text ", list: "the list ", dict: "the table "}
    return f"{kinds.get(type(value), '')}{_brief(value)}"


def _brief(value: Any) -> str:
    text = str(value) if isinstance(value, date | time) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _help(entry: Entry | None) -> str:
    return (entry.info.description or "").rstrip(".") if entry is not None else ""


def _kinds(entry: Entry | None) -> list[str]:
    """Return the names of the kinds that a table can be."""
    return [*entry.table.kinds] if entry is not None and entry.table is not None else []


def _near_key(data: Any, loc: Loc) -> str:
    """Return what an unknown key could have been meant as."""
    model, name = tree.model_at(data, loc[:-1]), str(loc[-1])
    if model is None:
        return ""
    around = tree.entry_at(data, loc[:-1])
    table = around.table if around is not None else None
    if table is not None and table.key:
        owners = [kind for kind, other in table.kinds.items() if name in tree.entries(other)]
        if owners:
            return f" here; it belongs to {table.key} {' and '.join(owners)}"
    return near(name, tree.entries(model))


def as_user_error(problem: Problem, origins: Origins) -> UserError:
    """Return the error `place: key.path: what; remedy`."""
    loc = origins.at_fault(problem.keys)
    where = f"{origins.place(loc)}: {dotted(loc)}" if loc else origins.where
    return UserError(problem.what, where=where, remedy=problem.remedy)
