"""Keeping what libraries print off the terminal: it goes to the run's log."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO


@contextmanager
def diverted(path: Path) -> Iterator[tuple[TextIO, TextIO]]:
    """Send file descriptors 1 and 2 to a log, native writes included.

    Yields:
        The real stdout and stderr, for what we mean to say.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = (os.dup(1), os.dup(2))
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    out, err = (
        os.fdopen(fd, "w", encoding=stream.encoding, errors="backslashreplace", closefd=False)
        for fd, stream in zip(kept, (sys.stdout, sys.stderr), strict=True)
    )
    try:
        os.dup2(log, 1)
        os.dup2(log, 2)
        yield out, err
    finally:
        for stream in (sys.stdout, sys.stderr, out, err):
            with suppress(OSError):  # the terminal may be gone; the log has everything
                stream.flush()
        for number, fd in zip((1, 2), kept, strict=True):
            os.dup2(fd, number)
            os.close(fd)
        os.close(log)
