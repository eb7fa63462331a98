"""Building a cached set while other processes may build the same one, or be killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_BUILDING = ".building"
_LOCK = ".lock"


@contextmanager
def building_folder(parent: Path) -> Iterator[Path]:
    """Make a new folder in `parent` to build in; remove it at the end unless it was renamed.

    A lock file next to it is locked until then. The kernel releases the lock when the process dies,
    so a folder whose lock is free is abandoned. (A process id could be used again, and is not valid
    on another host.)

    Raises:
        OSError: the folder cannot be made.
    """
    name = f".{uuid.uuid4().hex}"
    lock, folder = parent / f"{name}{_LOCK}", parent / f"{name}{_BUILDING}"
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        with suppress(OSError):  # a file system without locks: nobody removes it there either
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def remove_abandoned(parent: Path) -> None:
    """Remove folders in `parent` of processes that died while building."""
    for lock in parent.glob(f".*{_LOCK}"):
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.with_suffix(_BUILDING), ignore_errors=True)
            lock.unlink(missing_ok=True)
        except OSError:
            continue  # its process is alive
        finally:
            os.close(descriptor)


def publish(folder: Path, target: Path, is_good: Callable[[Path], bool]) -> None:
    """Rename a complete `folder` to `target`, and flush it to the disk.

    If another process was faster, its set is kept and `folder` is left to be removed. A target that
    is damaged is replaced.

    Args:
        folder: the complete set.
        target: its final path.
        is_good: whether a folder contains a set that can be used.

    Raises:
        OSError: there is no set at `target` afterwards.
    """
    sync_folder(folder)
    try:
        folder.rename(target)
    except OSError:
        if is_good(target):
            return
        with building_folder(target.parent) as aside, suppress(FileNotFoundError):
            target.rename(aside / "torn")
        try:
            folder.rename(target)
        except OSError:
            if not is_good(target):
                raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Flush the entries of a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
