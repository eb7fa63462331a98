"""Time and memory that a reader may take, so that a test of one that takes no end ends."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = 6 << 30  # bytes more than are taken already


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Fail what takes longer within, and refuse it more memory; signal handlers are put back.

    Raises:
        AssertionError: the time is over.
    """

    def give_up(_number: int, _frame: object) -> None:
        raise AssertionError(f"nothing within {seconds} s")

    handlers = {kind: signal.getsignal(kind) for kind in (signal.SIGALRM, signal.SIGTERM)}
    signal.signal(signal.SIGALRM, give_up)
    memory = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, memory[1]))
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, memory)
        for number, handler in handlers.items():
            signal.signal(number, handler)
