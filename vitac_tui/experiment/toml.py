"""Read and write TOML: parse with one-line errors, find the lines of keys, write experiments."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel

from vitac_tui.errors import UserError
from vitac_tui.experiment import tree
from vitac_tui.experiment.declare import Loc
from vitac_tui.experiment.origins import Origins
from vitac_tui.experiment.settings import plain

_HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(#.*)?$")
_KEY = re.compile(r"([^=#\[\]{},]+)=")
_LARGEST = 1_000_000  # bytes; a preset is a page, so a larger file is not a preset
DEEPEST = 16  # levels of tables and lists; settings need 7
# The time and memory of Python's parser grow with the square of the number of a key's parts: a file
# of them takes gigabytes. (Possessive quantifiers, so that this search takes one pass.)
_LONG_KEY = re.compile(
    r"""(?:^|[\[{,])[ \t]*+
    (?:(?: [\w-]++ | "(?:\\.|[^"\\\n])*+" | '[^'\n]*+' ) [ \t]*+ \. [ \t]*+ ){100}""",
    re.MULTILINE | re.VERBOSE,
)


def read(path: Path) -> str:
    """Return the text of a preset file.

    Raises:
        UserError: it is missing, unreadable, too large or not UTF-8.
    """
    try:
        if not path.is_file():
            there = "is a directory" if path.is_dir() else "is not a regular file"
            problem = there if path.exists() else "no such file"
            raise UserError(problem, where=str(path), remedy="name a preset or a .toml file")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)  # files in /proc have no size
        if len(content) > _LARGEST:
            raise UserError("too large for a preset", where=str(path), remedy="name a .toml file")
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as problem:
        raise UserError(f"cannot be read ({problem.strerror})", where=str(path)) from None
    except UnicodeDecodeError:
        raise UserError("is not UTF-8 text", where=str(path), remedy="save it as UTF-8") from None


def parse(text: str, where: str) -> dict[str, Any]:
    """Parse TOML; a syntax error becomes a UserError with file and line number."""
    if long_key := _LONG_KEY.search(text):
        raise UserError("is nested too deeply", where=f"{where}:{_line(text, long_key.start())}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        message = str(problem)
        line = re.search(r"\(at line (\d+), column \d+\)", message)
        place = f"{where}:{line[1]}" if line else where
        what = re.sub(r"\s*\(at .*\)$", "", message)
        raise UserError(f"is not valid TOML: {what}", where=place) from None
    except RecursionError:
        raise UserError("is nested too deeply", where=where) from None
    except ValueError:  # raised by int(), without a line number
        longest = max(re.finditer(r"[0-9_]+", text), key=lambda digits: len(digits[0]))
        place = f"{where}:{_line(text, longest.start())}"
        raise UserError("a number has too many digits", where=place) from None


def _line(text: str, position: int) -> int:
    return 1 + text.count("\n", 0, position)


def refuse_unfit(value: Any, origins: Origins, loc: Loc = ()) -> None:
    """Refuse values that no setting can have and that other code is not prepared for.

    Raises:
        UserError: a value is nested too deeply, too large, or not text.
    """
    if found := _unfit(value, loc):
        loc, what = found
        raise UserError(what, where=f"{origins.place(loc)}: {dotted(loc)}")


def _unfit(value: Any, loc: Loc = ()) -> tuple[Loc, str] | None:
    if len(loc) > DEEPEST:
        return loc, "is nested too deeply"
    if isinstance(value, str):
        if "\0" in value:
            return loc, "contains a NUL character"
        if any("\ud800" <= character <= "\udfff" for character in value):
            return loc, "is not UTF-8 text"  # how Python represents other bytes of the command line
    elif isinstance(value, int) and value.bit_length() > 63:
        return loc, "is a whole number of more than 64 bits"
    items = dict(enumerate(value)) if isinstance(value, list) else value
    if not isinstance(items, dict):
        return None
    return next(
        (found for key, item in items.items() if (found := _unfit(item, (*loc, key)))), None
    )


def key_lines(text: str) -> dict[Loc, int]:
    """Return the line number of every table and key that line-wise reading finds.

    Keys in an inline table are not found; `Origins.place` then names the line of the table.
    """
    lines: dict[Loc, int] = {}
    counts: dict[Loc, int] = {}
    table: Loc = ()
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            parts = _parts(header[2])
            located: Loc = ()
            for i, part in enumerate(parts):
                located = (*located, part)
                lines.setdefault(located, number)
                if header[1] == "[[" and i == len(parts) - 1:
                    counts[located] = counts.get(located, -1) + 1
                if located in counts:
                    located = (*located, counts[located])
            table = located
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_parts(key[1])), number)
    return lines


def _parts(key: str) -> Loc:
    return tuple(part.strip(" \t\"'") for part in key.split(".", DEEPEST)[:DEEPEST])


def dotted(loc: Loc) -> str:
    """Return `prune.0.amount` for `("prune", 0, "amount")`."""
    return ".".join(str(part) for part in loc)


def dumps(experiment: BaseModel) -> str:
    """Return an experiment as TOML with every setting; loading it gives the same experiment."""
    return text_of(plain(experiment))


def text_of(data: dict[str, Any]) -> str:
    """Return preset data as TOML text."""
    return tomli_w.dumps(_kind_first(data))


def inline(value: Any) -> str:
    """Return a value as TOML on one line; a table without its braces: `amount = 0.5, n = 1`."""
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_braced(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return f"[{', '.join(_braced(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _braced(value: Any) -> str:
    return f"{{{inline(value)}}}" if isinstance(value, dict) else inline(value)


def _kind_first(value: Any) -> Any:
    """Put the key that decides the kind of a table first, as a person would write it."""
    if isinstance(value, list):
        return [_kind_first(item) for item in value]
    if not isinstance(value, dict):
        return value
    first = {"name", *tree.deciding_keys()}
    keys = sorted(value, key=lambda key: key not in first)
    return {key: _kind_first(value[key]) for key in keys}
