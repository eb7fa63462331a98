"""Finding and removing cached sets that have not been used for a long time.

Opening a set updates the modification time of its index, and a mapping of its pixels holds a shared
lock on the file (`mapped.map_images`). So it is known whether any process uses a set.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vitac_tui.images.cache import INDEX_NAME, PIXELS_NAME
from vitac_tui.images.cache_folder import building_folder

_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class UnusedSet:
    """A set that can be removed: it is decoded again when it is needed."""

    folder: Path
    bytes: int
    idle_s: float


def unused_sets(images: Path, idle_s: float) -> list[UnusedSet]:
    """Return the sets that are not in use and have not been opened for `idle_s` seconds.

    Other files and folders are never returned.

    Args:
        images: the folder `images` of a cache.
        idle_s: 0 for all sets that are not in use.
    """
    found = []
    for folder in sorted(images.glob("*")):
        if not _KEY.fullmatch(folder.name) or folder.is_symlink():
            continue
        try:
            files = [(folder / name).lstat() for name in (INDEX_NAME, PIXELS_NAME)]
            idle = time.time() - files[0].st_mtime
            with _locked(folder):
                if idle >= idle_s:
                    found.append(UnusedSet(folder, sum(file.st_size for file in files), idle))
        except OSError:  # not a set, in use, or of another user
            continue
    return found


def remove_set(folder: Path) -> bool:
    """Remove a set unless it is in use by now; return whether it was removed.

    Raises:
        OSError: it cannot be removed.
    """
    try:
        with _locked(folder), building_folder(folder.parent) as aside:
            folder.rename(aside / "unused")  # in one step, so that nobody opens half of it
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the set exclusively.

    Raises:
        BlockingIOError: a process has mapped it.
        OSError: its pixels are missing or cannot be opened or locked.
    """
    descriptor = os.open(folder / PIXELS_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
