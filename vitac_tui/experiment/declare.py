"""One declaration a setting; schema, validation, forms and reference docs come from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict

Affects = Literal["result", "execution"]
Loc = tuple[str | int, ...]  # a key path, such as ("prune", 0, "amount")

T = TypeVar("T")
Many = Annotated[tuple[T, ...], Strict(False)]  # TOML arrays arrive as lists; items stay strict


class Settings(BaseModel):
    """Base of every settings table: unknown keys are errors, values are final, numbers finite."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        populate_by_name=True,
        validate_default=True,
    )


class MisfitError(ValueError):
    """Settings that do not fit each other.

    Attributes:
        keys: their paths from the table whose validator found it; the one that the user set last
            is named.
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
        default: the value when the preset does not name it; `...` makes it required.
        help: one sentence, shown in the form, the schema and `docs/settings.md`.
        unit: unit of the value in SI or the field's term ("pixels", "epochs").
        affects: "execution" when two runs that differ only here give the same figures; such
            settings may be changed on resume and do not count when experiments are compared.
        path: the text can be the path of a file or folder.
        constraints: pydantic's `ge`, `gt`, `le`, `lt`, `pattern`, `alias`, `min_length`, ...
    """
    extra: dict[str, Any] = {"affects": affects}
    if unit:
        extra["unit"] = unit
    if path:
        extra["format"] = "path"
    return Field(default, description=help, json_schema_extra=extra, **constraints)


def affects(model: type[BaseModel], field: str) -> Affects:
    """Whether a field of a settings table changes results or only how they are computed."""
    extra = model.model_fields[field].json_schema_extra
    declared = extra.get("affects", "result") if isinstance(extra, dict) else "result"
    return "execution" if declared == "execution" else "result"
