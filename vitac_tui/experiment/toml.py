"""TOML in and out: parsing with one-line errors, lines of keys, and the text of an experiment."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel

from vitac_tui.errors import UserError
from vitac_tui.experiment.settings import plain

Loc = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\- ]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\-]+)\s*=")
_LARGEST = 1_000_000  # bytes; a preset is a page, so anything larger is another file


def read(path: Path) -> str:
    """Text of a preset file.

    Raises:
        UserError: it is missing, unreadable, too large or no UTF-8.
    """
    try:
        if not path.is_file():
            there = "is a directory" if path.is_dir() else "is no regular file"
            problem = there if path.exists() else "no such file"
            raise UserError(problem, where=str(path), remedy="name a preset or a .toml file")
        if path.stat().st_size > _LARGEST:
            raise UserError("too large for a preset", where=str(path), remedy="name a .toml file")
        return path.read_text("utf-8-sig")
    except OSError as problem:
        raise UserError(f"cannot be read ({problem.strerror})", where=str(path)) from None
    except UnicodeDecodeError:
        raise UserError("is not UTF-8 text", where=str(path), remedy="save it as UTF-8") from None


def parse(text: str, where: str) -> dict[str, Any]:
    """Parse TOML; a syntax error becomes one line with file and line number."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        message = str(problem)
        line = re.search(r"\(at line (\d+), column \d+\)", message)
        place = f"{where}:{line[1]}" if line else where
        what = re.sub(r"\s*\(at .*\)$", "", message)
        raise UserError(f"does not parse as TOML: {what}", where=place) from None
    except RecursionError:
        raise UserError("is nested too deeply", where=where) from None


def key_lines(text: str) -> dict[Loc, int]:
    """Line number of every table and key, as far as line-wise reading finds them.

    Good enough to point at the right line; keys inside inline tables share their table's line.
    """
    lines: dict[Loc, int] = {}
    counts: dict[Loc, int] = {}
    table: Loc = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            parts: Loc = tuple(part.strip() for part in header[2].split("."))
            located: Loc = ()
            for i, part in enumerate(parts):
                located = (*located, part)
                if header[1] == "[[" and i == len(parts) - 1:
                    counts[located] = counts.get(located, -1) + 1
                if located in counts:
                    located = (*located, counts[located])
            table = located
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *key[1].split(".")), number)
    return lines


def dumps(experiment: BaseModel) -> str:
    """The experiment as TOML with every setting filled in; loading it gives the same experiment."""
    return text_of(plain(experiment))


def text_of(data: dict[str, Any]) -> str:
    """Preset data as TOML text."""
    return tomli_w.dumps(_kind_first(data))


def inline(value: Any) -> str:
    """A value on one line; a table comes without its braces, as in `amount = 0.5, n = 1`."""
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_braced(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return f"[{', '.join(_braced(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _braced(value: Any) -> str:
    return f"{{{inline(value)}}}" if isinstance(value, dict) else inline(value)


def _kind_first(value: Any) -> Any:
    """Put what decides the other keys of a table in front, as a person would write it."""
    if isinstance(value, list):
        return [_kind_first(item) for item in value]
    if not isinstance(value, dict):
        return value
    keys = sorted(value, key=lambda key: key not in ("name", "layout", "method"))
    return {key: _kind_first(value[key]) for key in keys}
