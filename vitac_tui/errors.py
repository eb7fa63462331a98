"""What goes wrong, said to the person at the keyboard, and the exit codes of every command."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line; scripts rely on them."""

    DONE = 0
    USAGE = 2  # wrong usage, preset or dataset, found before a run directory exists
    FAILED = 3  # the run failed; for `replay`: the figures differ
    STOPPED = 4  # ended on request
    RESUMABLE = 75  # ended by a deadline or SIGTERM and can go on (EX_TEMPFAIL)
    INTERRUPTED = 130  # SIGINT


class UserError(Exception):
    """Something the user can mend: what is wrong, where, and what would be right.

    Renders as one line, `where: what; remedy`, with control characters escaped, so that a hostile
    file name cannot reach the terminal as an escape sequence, and none of the three beyond reading.
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
    """Escape what would break a line or talk to the terminal; printable Unicode stays."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def some(names: Iterable[str], most: int = 3) -> str:
    """The first few names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 image`, `2 images`; `counted(2, "class", "classes")` where an "s" is not enough."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"
