"""The standard streams: closed ones are as /dev/null, and a full one is said once.

Stderr never fails: what cannot be said there any more is not worth failing for. Stdout is what a
command was called for, so its loss raises `OutputLost`, or BrokenPipeError where its reader has
left; after that it is as /dev/null, so that nothing is said a second time.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputLost(Exception):  # noqa: N818 (no OSError, which many a caller lets go by)
    """Standard output could not be written."""


def prepare() -> None:
    """Make the standard streams of this process what this module says.

    Streams that a test or an embedding program put in place are left alone.
    """
    for number in (0, 1, 2):  # in this order, so that each takes the number that is free
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    if sys.stdout is sys.__stdout__:
        sys.stdout = writer(1, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = writer(2, sys.stderr, fails=False)


def writer(number: int, like: Any = None, *, fails: bool = True) -> TextIO:
    """A text stream on a descriptor; what its encoding lacks is escaped.

    Args:
        number: the descriptor, which stays open.
        like: a stream whose encoding to use.
        fails: whether it raises when it cannot be written, as stdout does and stderr does not.
    """
    return io.TextIOWrapper(
        io.BufferedWriter(_Descriptor(number, fails=fails)),
        encoding=getattr(like, "encoding", None),
        errors="backslashreplace",  # an ASCII terminal shows, never fails
        line_buffering=not fails or os.isatty(number),
    )


class _Descriptor(io.FileIO):
    def __init__(self, number: int, *, fails: bool) -> None:
        super().__init__(number, "wb", closefd=False)
        self._fails = fails

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as problem:
            if self._fails:
                self._fails = False
                if self._reader_left(problem):
                    raise BrokenPipeError from None
                raise OutputLost(f"stdout cannot be written ({problem.strerror})") from None
        return memoryview(data).nbytes

    def _reader_left(self, problem: OSError) -> bool:
        # A terminal that was closed gives EIO, as a broken disk does.
        device = stat.S_ISCHR(os.fstat(self.fileno()).st_mode)
        return problem.errno == errno.EPIPE or (problem.errno == errno.EIO and device)
