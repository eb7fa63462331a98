"""Turns a validation error into one line: what, where (file, line, key), what would be right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vitac_tui.errors import UserError
from vitac_tui.experiment.choices import near
from vitac_tui.experiment.dataset import LAYOUTS, Columns, Split
from vitac_tui.experiment.prune import METHODS, Recover, Sweep
from vitac_tui.experiment.settings import Evaluate, Experiment, Model, Select, Train, Variant
from vitac_tui.experiment.toml import Loc

_TABLES: Mapping[str, type[BaseModel]] = {
    "split": Split,
    "columns": Columns,
    "recover": Recover,
    "amount": Sweep,
    "model": Model,
    "train": Train,
    "evaluate": Evaluate,
    "select": Select,
}

_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "bool": "true or false",
    "tuple": "a list",
    "model": "a table",
    "model_attributes": "a table",
    "dict": "a table",
}


_RANK = {"union_tag_invalid": 0, "union_tag_not_found": 1, "extra_forbidden": 2}


def located(error: ErrorDetails) -> Loc:
    """The key path of a pydantic error without the tags that its unions put in between."""
    path: list[str | int] = []
    skipped = False
    for part in error["loc"]:
        tagged = bool(path) and (
            path[-1] in ("dataset", "amount")
            or (isinstance(path[-1], int) and len(path) > 1 and path[-2] == "prune")
        )
        if tagged and not skipped:
            skipped = True
            continue
        path.append(part)
        skipped = False
    if error["type"] == "union_tag_invalid":
        path.append(str(error["ctx"]["discriminator"]).strip("'"))
    return tuple(path)


def table_at(data: Any, loc: Loc) -> type[BaseModel] | None:
    """The settings model of the table at a key path, or None where the path leaves the settings."""
    model: type[BaseModel] | None = Experiment
    at = data
    for i, part in enumerate(loc):
        try:
            at = at[part]
        except (KeyError, IndexError, TypeError):
            return None
        if not isinstance(at, dict):
            continue
        if part == "dataset":
            model = LAYOUTS.get(str(at.get("layout")))
        elif isinstance(part, int) and i and loc[i - 1] in ("prune", "variant"):
            model = METHODS.get(str(at.get("method"))) if loc[i - 1] == "prune" else Variant
        else:
            model = _TABLES.get(str(part))
    return model


def dotted(loc: Loc) -> str:
    """`("prune", 0, "amount")` as `prune.0.amount`."""
    return ".".join(str(part) for part in loc)


def first_problem(error: ValidationError, data: Any) -> tuple[Loc, str, str]:
    """Key path, what is wrong and what would be right, for the first problem found."""
    # A wrong kind of table makes all its keys unknown, so the kind is the problem to name.
    # A misspelt key is also a missing one; the misspelling is what the user can see.
    details = min(error.errors(), key=lambda item: _RANK.get(item["type"], len(_RANK)))
    loc = located(details)
    what, remedy = _say(details, loc, data)
    others = error.error_count() - 1
    if others:
        what += f" (and {others} more problem{'s' if others > 1 else ''})"
    return loc, what, remedy


def _say(error: ErrorDetails, loc: Loc, data: Any) -> tuple[str, str]:
    kind, context, given = error["type"], error.get("ctx") or {}, error["input"]
    model = table_at(data, loc[:-1])
    name = str(loc[-1]) if loc else ""
    if kind == "extra_forbidden":
        return f"unknown key{_near_key(model, name)}", ""
    if kind == "missing":
        return "is required", _help(model, name)
    if kind == "value_error":
        return str(context.get("error", error["msg"])), ""
    if kind == "union_tag_invalid":
        known = [tag.strip(" '") for tag in str(context["expected_tags"]).split(",")]
        return f"{context['tag']!r} is not known{near(str(context['tag']), known)}", ""
    if kind == "union_tag_not_found":
        key = str(context["discriminator"]).strip("'")
        known = list(LAYOUTS if key == "layout" else METHODS)
        return f"{key} is required", f"one of {', '.join(known)}"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", str(context["expected"])) or [str(context["expected"])]
        return f"{given!r} is not known{near(str(given), known)}", ""
    if kind.endswith("_type") and (expected := _EXPECTED.get(kind.removesuffix("_type"))):
        return f"expects {expected}, not {_shown(given)}", _help(model, name)
    if kind == "int_from_float":
        return f"expects a whole number, not {given!r}", _help(model, name)
    if kind == "string_pattern_mismatch":
        return f"{given!r} does not have the right form", _help(model, name)
    if kind == "too_short":
        return "must not be empty", _help(model, name)
    bound = re.search(r"(greater|less) than (or equal to )?(\S+)$", error["msg"])
    if bound:
        side = {"greater": "above", "less": "below"}[bound[1]]
        side = f"at {'least' if side == 'above' else 'most'}" if bound[2] else side
        return f"must be {side} {bound[3]}, not {given!r}", _help(model, name)
    return error["msg"], _help(model, name)


def _shown(value: Any) -> str:
    kinds = {str: "text", bool: "", int: "", float: "", list: "the list", dict: "the table"}
    text = repr(value)
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return f"{kinds.get(type(value), '')} {text}".strip()


def _help(model: type[BaseModel] | None, name: str) -> str:
    field = model.model_fields.get(name) if model else None
    return (field.description or "").rstrip(".") if field else ""


def _near_key(model: type[BaseModel] | None, name: str) -> str:
    if model is None:
        return ""
    for kinds, called in ((LAYOUTS, "layout"), (METHODS, "method")):
        if model in kinds.values():
            owners = [kind for kind, other in kinds.items() if name in other.model_fields]
            if owners:
                return f" here; it belongs to {called} {' and '.join(owners)}"
    return near(name, (field.alias or key for key, field in model.model_fields.items()))


def as_user_error(loc: Loc, what: str, remedy: str, place: str) -> UserError:
    """`place: key.path: what; remedy`."""
    return UserError(what, where=f"{place}: {dotted(loc)}" if loc else place, remedy=remedy)
