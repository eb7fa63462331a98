"""What a process that is going to be a run does first, before it imports anything heavy.

Until the run handles signals itself (`worker/process/requests.py`), they must not kill it without
the exit code that job schedulers rely on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from vitac_tui.errors import ExitCode

_CAN_RESUME = (signal.SIGTERM, signal.SIGUSR1)  # sent by job schedulers when the time is over
_IGNORED = (signal.SIGHUP, signal.SIGUSR2)  # a lost terminal; a checkpoint, of nothing yet

# OpenMP threads that wait for work in a busy loop take the cores away from other processes, and
# from the threads that they wait for. Numbers: benchmarks/two_runs.py.
_WAIT_POLICY = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}


@contextmanager
def prepared() -> Iterator[None]:
    """Handle signals and set OpenMP's wait policy while the block runs, in the main thread.

    SIGTERM and SIGUSR1 end the process with exit code 75. SIGHUP and SIGUSR2 are ignored.
    """
    if "GOMP_SPINCOUNT" not in os.environ:
        for name, value in _WAIT_POLICY.items():
            os.environ.setdefault(name, value)
    before = {number: signal.signal(number, _leave) for number in _CAN_RESUME}
    before |= {number: signal.signal(number, signal.SIG_IGN) for number in _IGNORED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(int(ExitCode.RESUMABLE))
