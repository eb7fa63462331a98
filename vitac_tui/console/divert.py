"""Keeping what libraries print off the terminal: it goes to the run's log."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from vitac_tui.console.streams import OutputLost, writer
from vitac_tui.system.files import open_regular


@contextmanager
def diverted(path: Path) -> Iterator[tuple[TextIO, TextIO]]:
    """Send file descriptors 1 and 2 to a log, native writes included.

    A full disk costs the log its lines, and not the run its life.

    Yields:
        The real stdout and stderr, for what we mean to say.

    Raises:
        UserError: the log cannot be written.
    """
    log = open_regular(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    streams = sys.stdout, sys.stderr
    for stream in streams:
        stream.flush()
    kept = os.dup(1), os.dup(2)
    out, err = writer(kept[0], sys.stdout), writer(kept[1], sys.stderr, fails=False)
    try:
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdout, sys.stderr = (
            writer(fd, like, fails=False) for fd, like in ((1, out), (2, err))
        )
        yield out, err
        out.flush()
    finally:
        for stream in (sys.stdout, sys.stderr, out, err):
            with suppress(OSError, OutputLost):
                stream.close()
        sys.stdout, sys.stderr = streams
        for number, fd in zip((1, 2), kept, strict=True):
            os.dup2(fd, number)
            os.close(fd)
        os.close(log)
