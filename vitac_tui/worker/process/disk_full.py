"""What a run does when the disk is full: it waits for room instead of losing anything."""

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
    """Makes writes, and makes them again after a full disk has room.

    A detached run pauses itself until someone unpauses it. One in the foreground, whose user is
    a script or looks on, tries for five minutes and then ends so that it can go on.
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
        """Call `write` until it is not refused for want of room.

        Raises:
            OSError: it failed for another reason.
            Interrupted: the run is to end, or in the foreground no room came.
        """
        waited = 0.0
        while True:
            try:
                return write()
            except OSError as problem:
                if problem.errno not in FULL:
                    raise
                reason = f"no room to write ({problem.strerror})"
            if self._detached:
                self._interrupter.pause(f"{reason}; make room, then unpause")
                self._interrupter.check()
                continue
            if waited >= PATIENCE_S:
                self._interrupter.interrupt(Interruption(reason, ExitCode.RESUMABLE))
            if self._interrupter.interruption is not None:
                raise Interrupted(self._interrupter.interruption)
            self._sleep(RETRY_S)
            waited += RETRY_S
