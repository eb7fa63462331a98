"""The lock that keeps a run to one writer, and identifies the process that holds it."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from vitac_tui.errors import UserError
from vitac_tui.system.files import open_regular


@dataclass(frozen=True)
class Process:
    """A process for good: pids are reused, and may be of another host ("" where unknown)."""

    host: str
    pid: int
    started: int  # clock ticks since boot, 0 where the system does not say


def this_process() -> Process:
    """The calling process."""
    return Process(os.uname().nodename, os.getpid(), started(os.getpid()))


def started(pid: int) -> int:
    """Start time of a local process in clock ticks since boot; 0 when it or /proc is not there."""
    fields = _stat(pid)
    return int(fields[19]) if fields else 0


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat from the third (state) on; none without process or /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return stat[stat.rindex(")") + 2 :].split()  # the command's name may hold spaces and brackets


def is_alive(process: Process) -> bool | None:
    """Whether the process still runs; None for one of another host."""
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
    fields = _stat(process.pid)
    if fields and fields[0] == "Z":  # dead, but its parent has not looked yet
        return False
    now = int(fields[19]) if fields else 0
    return now == process.started if now and process.started else True


class RunLock:
    """An exclusive lock on a run directory, free again the moment its process is gone.

    POSIX record locks, because `flock` is inherited by forked data workers and outlives a killed
    run, and because these name the holder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def acquire(self, holder: Process) -> None:
        """Take the lock.

        Args:
            holder: the process that the run's status names, for the message.

        Raises:
            UserError: another process writes this run, or the file cannot be locked.
        """
        self._file = open_regular(self._path, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno not in (errno.EACCES, errno.EAGAIN):
                self.release()
                raise UserError(
                    f"cannot be locked ({problem.strerror})",
                    where=str(self._path),
                    remedy="put runs on a file system with locks: --runs DIR",
                ) from None
            pid = self._holder_pid() or holder.pid
            self.release()
            host = holder.host or os.uname().nodename
            raise UserError(
                f"is being written by process {pid or '?'} on {host}",
                where=self._path.parent.name,
                remedy="stop it, or wait until it ends",
            ) from None

    def release(self) -> None:
        """Give the lock back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _holder_pid(self) -> int:
        # struct flock on Linux: type, whence, start, length, pid
        query = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        try:
            return int(struct.unpack("hhqqi4x", fcntl.fcntl(self._file, fcntl.F_GETLK, query))[4])
        except (OSError, struct.error):
            return 0
