"""Wait for free space when the disk is full, instead of losing data."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import TypeVar

from vitac_tui.errors import ExitCode
from vitac_tui.runs.interrupt import Interrupted, Interrupter, Interruption

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # disk, quota, limit of the process
RETRY_S = 2.0
PATIENCE_S = 300.0

T = TypeVar("T")


class Storage:
    """Runs writes, and repeats them while the disk is full.

    A detached run pauses itself until a user unpauses it. A foreground run retries for five
    minutes, then ends in a resumable state.
    """

    def __init__(
        self,
        interrupter: Interrupter,
        *,
        detached: bool,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interrupter = interrupter
        self._detached = detached
        self._sleep = sleep

    def __call__(self, write: Callable[[], T]) -> T:
        """Return the result of `write`, repeated until the disk has free space.

        Raises:
            OSError: it failed for another reason.
            Interrupted: the run is being stopped, or the disk stayed full (foreground only).
        """
        waited = 0.0
        while True:
            try:
                return write()
            except OSError as problem:
                if problem.errno not in FULL:
                    raise
                reason = f"cannot write ({problem.strerror})"
            if self._detached:
                self._interrupter.pause(f"{reason}; free some space, then unpause")
                self._interrupter.check()
                continue
            if waited >= PATIENCE_S:
                self._interrupter.interrupt(Interruption(reason, ExitCode.RESUMABLE))
            if self._interrupter.interruption is not None:
                raise Interrupted(self._interrupter.interruption)
            self._sleep(RETRY_S)
            waited += RETRY_S
