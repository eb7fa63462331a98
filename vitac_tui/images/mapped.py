"""Decoded images in a file that may be larger than memory: mapped, and read before their use.

Left to itself, the system answers a page that is missing by reading what lies around it: 128 kB,
or megabytes where a disk is set so. A shuffled pass needs one image of that, and where memory is
short the rest drives out what is needed next. So a missing page is read alone here, and images are
asked for as whole ones, while those before them are in use.
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

_AT_ONCE = 2**17  # bytes; some kernels leave what is asked for beyond a disk's own reading ahead


def map_images(path: Path, shape: tuple[int, ...]) -> Pixels:
    """The images of a file, read-only; `shape` must be that of all its bytes, and not empty.

    A shared lock on the file lasts as long as the mapping, which keeps a descriptor of it: who
    would remove unused files (`unused`) knows by it that this one is in use.

    Raises:
        OSError: it cannot be opened, or mapped.
    """
    with path.open("rb") as file:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with suppress(AttributeError, OSError):  # advice, which not every system takes
        mapping.madvise(mmap.MADV_RANDOM)
    return np.frombuffer(mapping, np.uint8).reshape(shape)


def reading_ahead(
    pixels: Pixels, parts: Iterable[Part], rows_of: Callable[[Part], Rows]
) -> Iterator[Part]:
    """The parts in turn; the images of the next one are being read while one is used.

    Args:
        pixels: the images, mapped or not.
        parts: what is to be done with them, such as a block or a batch each.
        rows_of: the rows of `pixels` that a part needs.
    """
    waiting: list[Part] = []
    for part in parts:
        read_ahead(pixels, rows_of(part))
        yield from waiting
        waiting = [part]
    yield from waiting


def read_ahead(pixels: Pixels, rows: Rows) -> None:
    """Have the system read these images, if they are mapped from a file, and do not wait for it."""
    mapping = _mapping(pixels)
    if mapping is None or not hasattr(mmap, "MADV_WILLNEED"):
        return
    start = _address(pixels) - _address(np.frombuffer(mapping, np.uint8))
    length, page = pixels[:1].nbytes, mmap.PAGESIZE
    with suppress(OSError):  # it is advice: without it a pass is slower
        for first in (start + rows * pixels.strides[0]).tolist():
            for place in range(first // page * page, first + length, _AT_ONCE):
                wanted = min(_AT_ONCE, first + length - place)
                mapping.madvise(mmap.MADV_WILLNEED, place, wanted)


def _mapping(pixels: Pixels) -> mmap.mmap | None:
    """The file's mapping that an array shows, if it does."""
    base: object = pixels
    while isinstance(base, np.ndarray):
        base = base.base
    shown = base.obj if isinstance(base, memoryview) else base
    return shown if isinstance(shown, mmap.mmap) else None


def _address(array: Pixels) -> int:
    return int(array.__array_interface__["data"][0])
