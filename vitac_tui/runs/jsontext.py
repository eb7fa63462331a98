"""JSON of the record: compact, strict, and honest about numbers that are not finite.

Readable Unicode stays as it is. What a terminal would obey or hide (DEL, C1 codes, direction marks,
zero-width characters, line separators) and what is no text (lone surrogates, from names that are
not UTF-8) is escaped, as JSON itself escapes C0 codes: it reads back the same.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import fields, is_dataclass
from typing import Any

_HIDDEN = re.compile(
    "[\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"
    "\\ud800-\\udfff]"
)


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
    return escaped(
        json.dumps(plain(value), separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    )


def document(value: Any) -> bytes:
    """A JSON document for people and programs, ending in a newline."""
    text = json.dumps(plain(value), indent=1, allow_nan=False, ensure_ascii=False)
    return (escaped(text) + "\n").encode()


def escaped(text: str) -> str:
    """JSON or TOML with what a terminal would obey or hide as escapes of its strings."""
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
