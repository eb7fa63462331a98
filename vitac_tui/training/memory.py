"""How this process gets memory from the operating system."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # <malloc.h> of glibc
_KEPT = 2**30  # bytes; larger blocks still come from the system and go back to it


def keep_freed_memory() -> None:
    """Have malloc keep what is freed, for the next step of the same sizes.

    A step allocates and frees hundreds of megabytes in large blocks. By default each comes from the
    kernel anew, page by page, filled with zeros: a fourth of a training step on two cores. The
    process stays somewhat above the most that it had in use at once. One arena, since those of
    further threads go back to the kernel whatever the thresholds say. Without glibc nothing is
    changed.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    mallopt(_ARENA_MAX, 1)
    if not mallopt(_MMAP_THRESHOLD, _KEPT):  # glibc before 2.35 refuses more than 32 MiB
        mallopt(_MMAP_THRESHOLD, 2**25)
    mallopt(_TRIM_THRESHOLD, _KEPT)
