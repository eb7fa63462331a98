"""Decoded sets in a cache that nobody has opened for long, and their removal.

Opening a set renews the time of its index, and a mapping of its pixels holds a shared lock on them
(`mapped.map_images`). So what is in use can be told from here, whoever uses it.
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
    """A set that can go: it would be decoded anew when it is needed."""

    folder: Path
    bytes: int
    idle_s: float


def unused_sets(images: Path, idle_s: float) -> list[UnusedSet]:
    """The sets in a cache's folder that are not in use and were not opened for `idle_s` seconds.

    What does not look like a set is never among them.

    Args:
        images: the folder `images` of a cache.
        idle_s: 0 for all that are not in use.
    """
    found = []
    for folder in sorted(images.glob("*")):
        if not _KEY.fullmatch(folder.name) or folder.is_symlink():
            continue
        try:
            files = [(folder / name).lstat() for name in (INDEX_NAME, PIXELS_NAME)]
            idle = time.time() - files[0].st_mtime
            with _alone(folder):
                if idle >= idle_s:
                    found.append(UnusedSet(folder, sum(file.st_size for file in files), idle))
        except OSError:  # no set, in use, or somebody else's
            continue
    return found


def remove_set(folder: Path) -> bool:
    """Remove a set, unless it has come to be used; whether it is gone.

    Raises:
        OSError: it cannot be removed.
    """
    try:
        with _alone(folder), building_folder(folder.parent) as aside:
            folder.rename(aside / "unused")  # at once, so that nobody finds half of it
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the set for oneself.

    Raises:
        BlockingIOError: a process has it mapped.
        OSError: it has no pixels, or they cannot be opened or locked.
    """
    descriptor = os.open(folder / PIXELS_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
