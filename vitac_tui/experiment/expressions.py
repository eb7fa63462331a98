"""Matching the regular expressions that users write, so that it ends.

Some expressions take longer than anybody lives on a name of forty letters. Refusing nested
repetitions would refuse good ones and let bad ones through, such as `(a|aa)+`, and Python's `re`
can be given no limit and stops every other thread meanwhile, the screen's among them. The library
`regex` matches what `re` accepts as an expression, and takes a limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vitac_tui.errors import UserError

if TYPE_CHECKING:  # a command that matches nothing need not wait for it
    import regex

PATIENCE_S = 5.0  # for all matches of one expression; those of a million names take two


def compiled(text: str, *, ignore_case: bool = False, dot_all: bool = False) -> regex.Pattern[str]:
    """An expression that `re` accepts, ready to match."""
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
    """A way to match that gives up once all its matches together have taken too long.

    Args:
        match: `search` or `fullmatch` of a compiled expression.
        written: what the user wrote.
        where: the setting it stands in.

    Returns:
        A function of a text, which raises UserError where it gives up.
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
                remedy="write one without alternatives or repetitions within a repetition",
            ) from None
        left_s -= time.monotonic() - began
        return found

    return within_limits
