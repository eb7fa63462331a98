"""Claiming a run: becoming the one process that writes it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment.settings import Experiment
from vitac_tui.runs import directory, status
from vitac_tui.runs.directory import RunDir
from vitac_tui.system.atomic import remove_stale
from vitac_tui.system.files import open_regular
from vitac_tui.system.lock import RunLock
from vitac_tui.system.process import Process, is_alive


@contextmanager
def created(
    root: Path, name: str, experiment: Experiment, environment: dict[str, Any]
) -> Iterator[RunDir]:
    """Make a run and hold its lock while the block runs.

    The lock is taken before the directory appears, so no other process can claim it in between. If
    the block fails before the first event, the directory is removed, if it is still this one.

    Raises:
        UserError: the run cannot be made here, or the file system has no locks.
    """
    locks: list[RunLock] = []

    def take(path: Path) -> None:
        locks.append(RunLock(path))
        locks[0].acquire(Process("", 0, 0))

    try:
        run = directory.create(root, name, experiment, environment, lock=take)
        try:
            _prepare(run)
            yield run
        except UserError:
            if not run.events.exists() and locks[0].is_of(run.lock):
                shutil.rmtree(run.path, ignore_errors=True)
            raise
    finally:
        for lock in locks:
            lock.release()


@contextmanager
def claimed(run: RunDir) -> Iterator[None]:
    """Hold the lock of a run while the block runs, with its folders made and leftovers removed.

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
            remedy=f"stop it; if it has ended, try again in {status.SILENT_S:.0f} s",
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
