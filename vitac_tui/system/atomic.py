"""Atomic writes: whoever reads the file sees the old content or the new, never half of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".tmp-"  # prefix of files that a killed process may leave behind


def write_atomic(path: Path, data: bytes | memoryview, *, durable: bool = True) -> None:
    """Replace the content of a file, as `replacing` does.

    Raises:
        OSError: nothing was replaced, and no temporary file is left.
    """
    with replacing(path, durable=durable) as file:
        file.write(data)


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Yield a new file, which replaces `path` when the block ends without an error.

    The file is flushed to disk before the rename, and its folder after it, so that even a power
    loss leaves the old or the new content. Without `durable`, that holds for a killed process
    only. The mode follows the umask, as for any new file.

    Raises:
        OSError: nothing was replaced, and no temporary file is left.
    """
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), 0o666 & ~_UMASK)
            if durable:
                os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush the renames within a folder to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_stale(folder: Path) -> None:
    """Delete temporary files of killed processes. Only the process that owns the folder may."""
    for path in folder.glob(f"{TEMPORARY}*"):
        if path.is_file():
            path.unlink(missing_ok=True)


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_UMASK = _read_umask()  # read once: reading it changes it for an instant, for all threads
