"""The page of keys, from the app's key table."""

from __future__ import annotations

from vitac_tui.tui.keys import TABLE, Key

HEAD = """\
# Keys

Generated from the app's key table (`vitac_tui/tui/keys.py`) by `make reference`. In the app, `?`
shows the keys of the current screen. A key can be moved by its id in Textual's keymap; the id is
the heading and the name joined by a dot, such as `runs.sort`.
"""
SYMBOLS = {
    "question_mark": "?",
    "slash": "/",
    "tilde": "~",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
}


def markdown() -> str:
    """Return the whole page."""
    return HEAD + "".join(_section(scope, keys) for scope, keys in TABLE.items())


def _section(scope: str, keys: tuple[Key, ...]) -> str:
    rows = "".join(
        f"| {_names(key.key)} | `{key.id}` | {key.help.replace('|', '&#124;')} |\n" for key in keys
    )
    return f"\n## `{scope}`\n\n| key | name | what it does |\n|---|---|---|\n{rows}"


def _names(keys: str) -> str:
    return " ".join(f"`{SYMBOLS.get(key, key)}`" for key in keys.split(","))
