"""`docs/settings.md`, from the declarations: `python -m vitac_tui.experiment.reference`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from vitac_tui.experiment import choices
from vitac_tui.experiment.dataset import LAYOUTS, Columns, DatasetBase, Split
from vitac_tui.experiment.declare import affects
from vitac_tui.experiment.prune import METHODS, Recover, Step, Sweep
from vitac_tui.experiment.settings import Evaluate, Experiment, Model, Select, Train, Variant

HEAD = """\
# Settings

Made from the declarations by `python -m vitac_tui.experiment.reference > docs/settings.md`.
The JSON schema is `vitac-tui preset schema`. Settings marked *execution* do not change figures:
they may be changed on resume, and do not make another experiment.
"""
REGISTRIES: Mapping[str, Mapping[str, choices.Choice]] = {
    "`model.arch`": choices.ARCHITECTURES,
    "`train.optimizer`": choices.OPTIMIZERS,
    "`train.schedule`": choices.SCHEDULES,
    "`importance` of masks": choices.MASK_IMPORTANCES,
    "`importance` of channels": choices.CHANNEL_IMPORTANCES,
}


def markdown() -> str:
    """The whole page."""
    parts = [HEAD, _table("The preset itself", Experiment)]
    parts.append(_table("`[dataset]`, for every layout", DatasetBase))
    for name, layout in LAYOUTS.items():
        own = set(layout.model_fields) - set(DatasetBase.model_fields) - {"layout"}
        heading = f'`layout = "{name}"`: {_doc(layout)}'
        parts.append(_table(heading, layout, own) if own else f"\n## {heading}\n")
    parts.append(_table("`[dataset.split]`", Split))
    parts.append(_table('`[dataset.columns]`, for `layout = "list"`', Columns))
    for heading, model in (
        ("`[model]`", Model),
        ("`[train]`", Train),
        ("`[evaluate]`", Evaluate),
        ("`[select]`", Select),
        ("`[[variant]]`", Variant),
    ):
        parts.append(_table(heading, model))
    for name, method in METHODS.items():
        own = set(method.model_fields) - set(Step.model_fields) - {"method"}
        parts.append(_table(f'`[[prune]]`, `method = "{name}"`: {_doc(method)}', method, own))
    parts.append(_table("`recover`, of any step", Recover))
    parts.append(_table("`amount`, swept", Sweep))
    parts.append("\n## Names\n")
    for heading, registry in REGISTRIES.items():
        rows = "".join(f"| `{name}` | {choice.help} |\n" for name, choice in registry.items())
        parts.append(f"\n{heading}:\n\n| name | what it is |\n|---|---|\n{rows}")
    return "".join(parts)


def _doc(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0].rstrip(".")


def _table(heading: str, model: type[BaseModel], only: set[str] | None = None) -> str:
    rows = "".join(_rows(model, only))
    return (
        f"\n## {heading}\n\n| setting | default | range | what it is |\n|---|---|---|---|\n{rows}"
    )


def _rows(model: type[BaseModel], only: set[str] | None) -> Iterator[str]:
    schema = model.model_json_schema(by_alias=True)["properties"]
    for name, field in model.model_fields.items():
        if (only is not None and name not in only) or not field.description:
            continue
        key = field.alias or name
        marked = " *(execution)*" if affects(model, name) == "execution" else ""
        text = field.description.replace("|", "\\|")
        default = _default(field).replace("|", "\\|")
        yield f"| `{key}` | {default} | {_range(schema.get(key, {}))} | {text}{marked} |\n"


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "*required*"
    if isinstance(field.default, BaseModel):
        return "see below"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{json.dumps(value)}`"


def _range(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    bounds = (
        ("minimum", "≥"),
        ("exclusiveMinimum", ">"),
        ("maximum", "≤"),
        ("exclusiveMaximum", "<"),
    )
    parts = [f"{sign} {schema[key]}" for key, sign in bounds if key in schema]
    if "unit" in schema:
        parts.append(schema["unit"])
    return ", ".join(parts)


if __name__ == "__main__":
    print(markdown(), end="")
