"""Which process is it, and does it still run?"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process, identified for good: its pid may be used again, or be known on another host.

    Attributes:
        host: "" if unknown.
        pid: 0 if unknown.
        started: clock ticks since boot on Linux, milliseconds since 1970 elsewhere; 0 if unknown.
    """

    host: str
    pid: int
    started: int


def this_process() -> Process:
    """Return the calling process."""
    return Process(os.uname().nodename, os.getpid(), started(os.getpid()))


def started(pid: int) -> int:
    """Return when a local process began, as `Process` has it; 0 if there is no such process."""
    return _state(pid)[1]


def is_alive(process: Process) -> bool | None:
    """Return whether the process still runs; None if it is of another host."""
    if process.host != os.uname().nodename:
        return None
    if process.pid <= 0:  # to `kill`, a whole group of processes
        return False
    try:
        os.kill(process.pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    ended, now = _state(process.pid)
    if ended:
        return False
    return now == process.started if now and process.started else True


def _state(pid: int) -> tuple[bool, int]:
    """Return whether a process has ended but is not reaped, and when it began (0: unknown)."""
    # Linux counts in ticks since boot, which a change of the clock does not move, unlike the times
    # of psutil. Records of earlier versions hold ticks, too.
    if (_PROC / "self/stat").exists():
        return _state_by_proc(pid)
    import psutil

    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE, round(process.create_time() * 1000)
    except psutil.ZombieProcess:
        return True, 0
    except (psutil.Error, ValueError, OverflowError):
        return False, 0


def _state_by_proc(pid: int) -> tuple[bool, int]:
    try:
        stat = (_PROC / f"{pid}/stat").read_text()
    except OSError:
        return False, 0
    fields = stat[stat.rindex(")") + 2 :].split()  # the command's name may hold spaces and brackets
    return fields[0] == "Z", int(fields[19])
