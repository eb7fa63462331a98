"""JSON of the record: compact, strict, and honest about numbers that are not finite."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from typing import Any


def plain(value: Any) -> Any:
    """Dataclasses, tuples and paths as JSON-ready data.

    JSON has no NaN: a non-finite number becomes null, and its object gets `"nonfinite": true`.
    """
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, dict):
        data = {str(key): plain(item) for key, item in value.items()}
        if any(isinstance(item, float) and not math.isfinite(item) for item in value.values()):
            data["nonfinite"] = True
        return data
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def line(value: Any) -> str:
    """One line of JSON without a line end."""
    return json.dumps(plain(value), separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def document(value: Any) -> bytes:
    """A JSON document for people and programs, ending in a newline."""
    return (json.dumps(plain(value), indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode()
