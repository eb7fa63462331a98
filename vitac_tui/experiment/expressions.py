"""Regular expressions that users write, matched within a time limit.

Some expressions take practically forever on a name of forty letters. Refusing nested repetitions
would refuse good expressions and accept bad ones, such as `(a|aa)+`. Python's `re` has no time
limit and blocks all other threads while it matches. The library `regex` accepts the same
expressions and has a time limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vitac_tui.errors import UserError

if TYPE_CHECKING:  # so that commands that match nothing do not import it
    import regex

PATIENCE_S = 5.0  # for all matches of an expression; a million names take two seconds


def compiled(text: str, *, ignore_case: bool = False, dot_all: bool = False) -> regex.Pattern[str]:
    """Compile an expression that `re` accepts."""
    import regex

    flags = regex.V0
    if ignore_case:
        flags |= regex.IGNORECASE
    if dot_all:
        flags |= regex.DOTALL
    return regex.compile(text, flags)


def bounded(
    match: Callable[..., regex.Match[str] | None], written: str, where: str
) -> Callable[[str], regex.Match[str] | None]:
    """Return a function that matches, and gives up when its calls have taken too long in total.

    Args:
        match: `search` or `fullmatch` of a compiled expression.
        written: the expression as the user wrote it.
        where: its setting.

    Returns:
        A function of a text. It raises UserError when it gives up.
    """
    left_s = PATIENCE_S

    def within_limits(text: str) -> regex.Match[str] | None:
        nonlocal left_s
        began = time.monotonic()
        try:
            found = match(text, concurrent=True, timeout=max(left_s, 1e-3))
        except (TimeoutError, MemoryError):
            raise UserError(
                f"{written!r} takes too long to match {text!r}",
                where=where,
                remedy="avoid alternatives and repetitions within a repetition",
            ) from None
        left_s -= time.monotonic() - began
        return found

    return within_limits
