"""The lock that keeps a run to one writer."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import sys
from pathlib import Path

from vitac_tui.errors import UserError
from vitac_tui.system.files import open_regular
from vitac_tui.system.process import Process

# `struct flock`: its layout, and where in it the type of the lock and the pid of its holder are.
_FLOCK, _TYPE, _PID = ("qqihh", 3, 2) if sys.platform == "darwin" else ("hhqqi4x", 0, 4)


class RunLock:
    """An exclusive lock on a run directory, released by the system when its process ends.

    It is a POSIX record lock. A lock of `flock` would be inherited by forked data workers and
    outlive a killed run, and would not tell which process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def acquire(self, holder: Process) -> None:
        """Take the lock.

        Args:
            holder: the process that the run's status names, for the error message.

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

    def is_of(self, path: Path) -> bool:
        """Return whether the locked file is the one at `path`, not another that replaced it."""
        try:
            return os.path.samestat(os.fstat(self._file), path.stat())
        except OSError:
            return False

    def release(self) -> None:
        """Release the lock."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _holder_pid(self) -> int:
        query = [0] * 5  # any lock from the start to the end of the file
        query[_TYPE] = fcntl.F_WRLCK
        try:
            answer = fcntl.fcntl(self._file, fcntl.F_GETLK, struct.pack(_FLOCK, *query))
            return int(struct.unpack(_FLOCK, answer)[_PID])
        except (OSError, struct.error):
            return 0
