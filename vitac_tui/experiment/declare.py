"""How a setting is declared. Schema, validation, forms and reference page follow from that."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict

Affects = Literal["result", "execution"]
Loc = tuple[str | int, ...]  # a key path, such as ("prune", 0, "amount")

T = TypeVar("T")
Many = Annotated[tuple[T, ...], Strict(False)]  # TOML arrays arrive as lists; items stay strict


class Settings(BaseModel):
    """Base of every settings table: unknown keys are errors, values cannot be changed."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        populate_by_name=True,
        validate_default=True,
    )


class MisfitError(ValueError):
    """Settings that do not fit together.

    Attributes:
        keys: their key paths, from the table whose validator raised the error. The message names
            the one that the user set last.
    """

    def __init__(self, what: str, *keys: Loc) -> None:
        super().__init__(what)
        self.keys = keys


def setting(
    default: Any = ...,
    *,
    help: str,
    unit: str = "",
    affects: Affects = "result",
    path: bool = False,
    **constraints: Any,
) -> Any:
    """Declare one setting.

    Args:
        default: the value if the preset does not set it; `...` makes the setting required.
        help: its effect, the reason for the default and when to change it; shown in the form, the
            schema and `docs/settings.md`.
        unit: unit of the value, such as "pixels", "epochs" or "seconds".
        affects: "execution" if the setting does not affect results; it may then be changed on
            resume, and does not count when experiments are compared.
        path: the value can be the path of a file or folder.
        constraints: pydantic's `ge`, `gt`, `le`, `lt`, `pattern`, `alias`, `min_length`, ...
    """
    extra: dict[str, Any] = {"affects": affects}
    if unit:
        extra["unit"] = unit
    if path:
        extra["format"] = "path"
    return Field(default, description=help, json_schema_extra=extra, **constraints)


def affects(model: type[BaseModel], field: str) -> Affects:
    """Return whether a setting affects results or only how they are computed."""
    extra = model.model_fields[field].json_schema_extra
    declared = extra.get("affects", "result") if isinstance(extra, dict) else "result"
    return "execution" if declared == "execution" else "result"
