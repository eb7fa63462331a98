"""Which way of drawing pictures: what the user says, and what the terminal answers."""

from __future__ import annotations

import fcntl
import re
import struct
import sys
import termios
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from vitac_tui.errors import UserError

Way = Literal["blocks", "kitty", "sixel"]
Choice = Literal["auto", "blocks", "kitty", "sixel"]
Cell = tuple[int, int]

VARIABLE = "VITAC_TUI_IMAGES"

#: Name and version (XTVERSION), pixels of a cell (XTWINOPS 16), and at last DA1, which every
#: terminal answers, in the order of the questions: what has not come by then does not come.
QUESTIONS = "\x1b[>q\x1b[16t\x1b[c"

#: Terminals that print what they do not know in place of passing over it. None draws pictures.
_NOT_ASKED = {"TERM": ("linux", "dumb"), "TERM_PROGRAM": ("Apple_Terminal",)}

#: The first versions with Unicode placeholders, by the name that XTVERSION gives.
_PLACEHOLDERS = {"kitty": (0, 28), "ghostty": (1, 0)}
_SIXEL = 4  # among the parameters of DA1


@dataclass(frozen=True)
class Answers:
    """What a terminal said of itself."""

    version: str = ""  # "kitty(0.41.1)", "XTerm(379)", ...
    cell: Cell | None = None  # pixels across and down
    attributes: tuple[int, ...] = ()  # the parameters of DA1


def wanted(environment: Mapping[str, str], *, ascii: bool) -> Choice:
    """What the user's environment asks for.

    Args:
        environment: of the process.
        ascii: whether the locale asks for ASCII.

    Returns:
        "blocks" under an ASCII locale and `NO_COLOR`, and where the terminal is better not asked.

    Raises:
        UserError: the variable has another value.
    """
    choice = environment.get(VARIABLE) or "auto"
    if choice not in get_args(Choice):
        raise UserError(
            f"{VARIABLE}={choice} is no way to draw images",
            remedy=f"one of {', '.join(get_args(Choice))}",
        )
    if ascii or environment.get("NO_COLOR"):
        return "blocks"
    shy = any(environment.get(name) in values for name, values in _NOT_ASKED.items())
    return "blocks" if choice == "auto" and shy else choice  # type: ignore[return-value]


def decide(choice: Choice, answers: Answers) -> Way:
    """The best that a terminal can do, if the user leaves it to that.

    Inside tmux the answers are tmux's own: it has sixel since 3.4, where the terminal around it
    has, and passes on no placeholders.
    """
    if choice != "auto":
        return choice
    name, version = _named(answers.version)
    if name in _PLACEHOLDERS and version >= _PLACEHOLDERS[name]:
        return "kitty"
    return "sixel" if _SIXEL in answers.attributes else "blocks"


def _named(version: str) -> tuple[str, tuple[int, ...]]:
    found = re.match(r"([A-Za-z]+)\D*([\d.]*)", version)
    if found is None:
        return "", ()
    parts = tuple(int(part) for part in found[2].split(".") if part)
    return found[1].lower(), parts


def cell_size(answers: Answers) -> Cell | None:
    """Pixels of a cell, across and down, as the terminal's window has them now.

    A window that is larger than its cells (xterm counts its border) loses that by the division.
    """
    terminal = sys.__stdout__
    try:
        if terminal is not None:
            size = fcntl.ioctl(terminal.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
            rows, columns, width, height = struct.unpack("HHHH", size)
            if width >= columns > 0 and height >= rows > 0:
                return width // columns, height // rows
    except (OSError, ValueError):  # no terminal: there is no size either
        pass
    return answers.cell
