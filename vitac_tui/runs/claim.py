"""Claiming a run: becoming the one process that writes it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from vitac_tui.errors import UserError
from vitac_tui.runs import status
from vitac_tui.runs.directory import RunDir
from vitac_tui.system.atomic import remove_stale
from vitac_tui.system.files import open_regular
from vitac_tui.system.lock import RunLock
from vitac_tui.system.process import is_alive


@contextmanager
def claimed(run: RunDir) -> Iterator[None]:
    """Hold a run's lock while the block runs, its folders there and cleared of leftovers.

    The lock decides between the processes of a host. Where several hosts share a folder without
    sharing its locks, a recent heartbeat from another one refuses as well.

    Raises:
        UserError: another process writes this run, or it cannot be written.
    """
    lock = RunLock(run.lock)
    lock.acquire(status.read(run.status).process)
    try:
        _require_silence(run, status.read(run.status))  # again: until now it was another's to write
        _prepare(run)
        yield
    finally:
        lock.release()


def _require_silence(run: RunDir, known: status.Status) -> None:
    silence = time.time() - known.heartbeat
    elsewhere = known.state in status.LIVE and is_alive(known.process) is None
    if elsewhere and silence <= status.SILENT_S:
        raise UserError(
            f"process {known.process.pid} on {known.process.host} wrote to it "
            f"{status.span(max(0.0, silence))} ago",
            where=run.name,
            remedy=f"stop it; if it is gone, try again in {status.SILENT_S:.0f} s",
        )


def _prepare(run: RunDir) -> None:
    try:
        run.control.mkdir(mode=0o700, exist_ok=True)
        for folder in (run.control, run.checkpoints, run.predictions, run.tensorboard):
            folder.mkdir(exist_ok=True)
            if folder.is_symlink():  # of a copied run, to a folder whose files would be cleared out
                raise UserError(
                    "is a link out of the run", where=str(folder), remedy="put a folder there"
                )
        for folder in (run.path, run.checkpoints, run.predictions):
            remove_stale(folder)
        os.close(open_regular(run.log, os.O_WRONLY | os.O_CREAT))  # found out now if it is none
    except OSError as problem:
        raise UserError(
            f"cannot be written ({problem.strerror})", where=str(problem.filename)
        ) from None
