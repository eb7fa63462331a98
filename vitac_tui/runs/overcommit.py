"""Whether the live runs of this host compute with more threads than it has cores."""

from __future__ import annotations

import os
from collections.abc import Iterable

from vitac_tui.errors import UserError
from vitac_tui.runs import directory, status
from vitac_tui.runs.directory import RunDir
from vitac_tui.system.process import is_alive


def overcommitment(runs: Iterable[RunDir]) -> str:
    """Return a line about runs that slow each other down, or "" if they do not.

    Args:
        runs: all live runs that are known.
    """
    threads = [count for run in runs if (count := _threads(run))]
    if len(threads) < 2 or sum(threads) <= _cores():
        return ""
    return (
        f"{len(threads)} live runs compute with {sum(threads)} threads on {_cores()} cores (load "
        f"average {os.getloadavg()[0]:.1f}) and slow each other down; pause one, or set "
        "OMP_NUM_THREADS before starting runs"
    )


def _threads(run: RunDir) -> int:
    """Return the threads that a run computes with on the CPU of this host; 0 if it does not."""
    known = status.read(run.status)
    if known.state != "running" or not is_alive(known.process):
        return 0
    try:
        environment = directory.read_environment(run)
    except UserError:  # it cannot be told
        return 0
    threads = environment.get("threads")
    on_cpu = environment.get("device") == "cpu"
    return threads if on_cpu and isinstance(threads, int) else 0


def _cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
