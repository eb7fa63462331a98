"""How malloc gets memory from the operating system."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # <malloc.h> of glibc
_KEPT = 2**30  # bytes; larger blocks are still returned to the system


def keep_freed_memory() -> None:
    """Have malloc keep freed memory for the next step, which needs blocks of the same sizes.

    A step allocates and frees hundreds of megabytes in large blocks. By default the kernel supplies
    each one again, page by page and zeroed, which takes a quarter of a training step on two cores.
    The process then stays slightly above its peak use. There is one arena, since those of other
    threads are returned to the kernel regardless of the thresholds. Without glibc, do nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    mallopt(_ARENA_MAX, 1)
    if not mallopt(_MMAP_THRESHOLD, _KEPT):  # glibc before 2.35 refuses more than 32 MiB
        mallopt(_MMAP_THRESHOLD, 2**25)
    mallopt(_TRIM_THRESHOLD, _KEPT)
