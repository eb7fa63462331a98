"""Memory-mapped decoded images, which may be larger than memory, with read-ahead.

By default the system reads 128 kB or more around a missing page. A shuffled pass over the images
needs only one image of that, and if memory is short, the rest displaces pages that are needed next.
So the system's own read-ahead is switched off, and whole images are requested while the ones before
them are in use.
"""

from __future__ import annotations

import fcntl
import mmap
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from vitac_tui.images.images import Pixels

Rows = npt.NDArray[np.int64]
Part = TypeVar("Part")

_AT_ONCE = 2**17  # bytes; some kernels ignore the part of a request above the disk's read-ahead


def map_images(path: Path, shape: tuple[int, ...]) -> Pixels:
    """Map the images of a file, read-only.

    The mapping holds a shared lock on the file, so that `unused` knows that it is in use.

    Args:
        path: the file.
        shape: of all images together; not empty.

    Raises:
        OSError: the file cannot be opened or mapped.
    """
    with path.open("rb") as file:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with suppress(AttributeError, OSError):  # not every system has this advice
        mapping.madvise(mmap.MADV_RANDOM)
    return np.frombuffer(mapping, np.uint8).reshape(shape)


def reading_ahead(
    pixels: Pixels, parts: Iterable[Part], rows_of: Callable[[Part], Rows]
) -> Iterator[Part]:
    """Yield the parts; the system reads the images of the next part while one is in use.

    Args:
        pixels: the images, mapped or not.
        parts: blocks or batches of work.
        rows_of: gives the rows of `pixels` that a part needs.
    """
    waiting: list[Part] = []
    for part in parts:
        read_ahead(pixels, rows_of(part))
        yield from waiting
        waiting = [part]
    yield from waiting


def read_ahead(pixels: Pixels, rows: Rows) -> None:
    """Let the system read these images, if they are mapped, without waiting for it."""
    mapping = _mapping(pixels)
    if mapping is None or not hasattr(mmap, "MADV_WILLNEED"):
        return
    start = _address(pixels) - _address(np.frombuffer(mapping, np.uint8))
    length, page = pixels[:1].nbytes, mmap.PAGESIZE
    with suppress(OSError):  # only advice: without it a pass is slower
        for first in (start + rows * pixels.strides[0]).tolist():
            for place in range(first // page * page, first + length, _AT_ONCE):
                wanted = min(_AT_ONCE, first + length - place)
                mapping.madvise(mmap.MADV_WILLNEED, place, wanted)


def _mapping(pixels: Pixels) -> mmap.mmap | None:
    """Return the mapping that an array is a view of, or None."""
    base: object = pixels
    while isinstance(base, np.ndarray):
        base = base.base
    shown = base.obj if isinstance(base, memoryview) else base
    return shown if isinstance(shown, mmap.mmap) else None


def _address(array: Pixels) -> int:
    return int(array.__array_interface__["data"][0])
