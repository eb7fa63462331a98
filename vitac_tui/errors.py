"""Errors for the person at the keyboard, the exit codes, and helpers for messages."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line; scripts rely on them."""

    DONE = 0
    USAGE = 2  # wrong usage, preset or dataset, found before a run directory exists
    FAILED = 3  # the run failed; for `replay`: the results differ
    STOPPED = 4  # stopped on request
    RESUMABLE = 75  # ended by a deadline or a scheduler's signal; can be resumed (EX_TEMPFAIL)
    INTERRUPTED = 130  # SIGINT


class UserError(Exception):
    """An error that the user can fix: what is wrong, where, and what would be right.

    It reads `where: what; remedy`, on one line. Control characters are escaped, so that a hostile
    file name cannot send an escape sequence to the terminal, and long parts are shortened.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        where, what, remedy = map(_readable, (self.where, self.what, self.remedy))
        text = f"{where}: {what}" if where else what
        return one_line(f"{text}; {remedy}" if remedy else text)


def _readable(text: str, most: int = 500) -> str:
    return text if len(text) <= most else f"{text[: most // 2]} ... {text[-most // 2 :]}"


def one_line(text: str) -> str:
    """Return text with everything escaped that is not printable, such as line breaks."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def some(names: Iterable[str], most: int = 3) -> str:
    """Return the first few names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return `1 image` or `2 images`; give the plural if it does not end in "s"."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"
