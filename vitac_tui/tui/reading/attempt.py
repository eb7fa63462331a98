"""Reading a dataset in a thread: what came of it, unless it is no longer wanted."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from vitac_tui.errors import UserError, one_line
from vitac_tui.tui.reading.survey import Look, Told

TELL_S = 0.5  # how often a reading thread says how far it is


class _LeftError(Exception):
    """The choice has changed: what is being read is no longer wanted."""


def attempt(job: Callable[[Told], Look], tell: Told, left: Callable[[], bool]) -> Look | str | None:
    """What a job makes of a dataset; one line if it fails; None once it was left.

    Args:
        job: reads, and says how far it is.
        tell: is told that, not too often.
        left: whether nobody wants it any more.
    """
    last = time.monotonic()

    def told(text: str) -> None:
        nonlocal last
        if left():
            raise _LeftError
        if time.monotonic() - last > TELL_S:
            last = time.monotonic()
            tell(text)

    try:
        return job(told)
    except _LeftError:
        return None
    except (UserError, OSError) as problem:
        return one_line(str(problem))
    except Exception as problem:  # shown, so that the screen does not read for ever
        logging.getLogger(__name__).exception("reading a dataset")
        return one_line(f"unexpected error: {type(problem).__name__}: {problem}")
