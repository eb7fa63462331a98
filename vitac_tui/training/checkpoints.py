"""The state that a training goes on from after a kill."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import torch

from vitac_tui.errors import UserError
from vitac_tui.experiment.settings import CHECKPOINT_EVERY
from vitac_tui.runs import events
from vitac_tui.runs.context import Store, directly
from vitac_tui.system.atomic import replacing
from vitac_tui.system.files import open_regular

SCHEMA = 1
State = dict[str, Any]  # tensors, numbers, text and containers of them: no pickled objects


class Checkpointer:
    """Writes resume states to one file, at most one at a time, from a thread of its own.

    Saving copies the tensors and returns; the copy is then written while training goes on. A
    state carries the `seq` of the last event that it includes, which is where a resume rewinds to.
    """

    def __init__(
        self,
        path: Path,
        every: str,
        *,
        seq: Callable[[], int],
        emit: Callable[[events.Event, str], object],
        store: Store = directly,
        sync: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        match = CHECKPOINT_EVERY.fullmatch(every)
        assert match, every
        count = int(match[1])
        self._epochs = count if match[2].startswith("epoch") else 0
        self._seconds = 60.0 * count if not self._epochs else 0.0
        self._seq = seq
        self._emit = emit
        self._store = store
        self._sync = sync  # puts the events up to `seq` on the disk
        self._clock = clock
        self._saved_at = clock()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    def due(self, *, finished_epochs: int = 0) -> bool:
        """Whether it is time to save: after a batch (0), or after so many epochs."""
        if self._epochs:
            return finished_epochs > 0 and finished_epochs % self._epochs == 0
        return self._clock() - self._saved_at >= self._seconds

    def save(self, unit: str, state: State, *, wait: bool = False) -> None:
        """Write a state; with `wait`, return only when it is on disk.

        Raises:
            OSError: this write (with `wait`) or the one before it failed.
        """
        began = time.perf_counter()
        self.wait()
        full = {"schema": SCHEMA, "unit": unit, "seq": self._seq(), **_copied(state)}
        self._saved_at = self._clock()

        def write() -> None:
            try:
                # Otherwise a power loss could keep the state and lose the events it refers to.
                self._store(self._sync)
                self._store(lambda: _write(self._path, full))
                size = self._path.stat().st_size
                spent = time.perf_counter() - began
                self._emit(
                    events.CheckpointSaved(int(state["epoch"]), int(state["step"]), size, spent),
                    unit,
                )
            except BaseException as error:
                self._failure = error

        self._thread = threading.Thread(target=write, name="checkpoint", daemon=False)
        self._thread.start()
        if wait:
            self.wait()

    def wait(self) -> None:
        """Return once nothing is being written; raise what the last write raised."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def restore(self, take: Callable[[State], None]) -> None:
        """Hand the last state, where there is one, to what goes on from it.

        Raises:
            UserError: the file is no state, or none that `take` can make use of.
        """
        state = load_state(self._path)
        if state is None:
            return
        try:
            take(state)
        except Exception as problem:  # torch has as many ways to refuse a state as to read one
            raise _unreadable(self._path, problem) from None

    def drop(self) -> None:
        """Delete the state: the run is finished, and what became of the last write is no matter."""
        with suppress(OSError):
            self.wait()
        self._path.unlink(missing_ok=True)


def _write(path: Path, state: State) -> None:
    """Straight into the file: a second copy in memory would grow among what training keeps.

    Raises:
        OSError: such as for want of room; torch makes one of its own of it.
    """
    with replacing(path) as file:
        kept = _Keeping(file)
        try:
            torch.save(state, cast(IO[bytes], kept))  # only writes and flushes
        except RuntimeError:
            if kept.failure is not None:
                raise kept.failure from None
            raise


class _Keeping:
    """A file that keeps the error of a write that failed."""

    def __init__(self, file: BinaryIO) -> None:
        self.failure: OSError | None = None
        self._file = file

    def write(self, data: memoryview) -> int:
        try:
            return self._file.write(data)
        except OSError as problem:
            self.failure = self.failure or problem
            raise

    def flush(self) -> None:
        self._file.flush()


def load_state(path: Path) -> State | None:
    """Read a resume state without unpickling anything.

    Raises:
        UserError: the file is damaged, crafted, or of another version.
    """
    try:
        file = os.fdopen(open_regular(path), "rb")
    except FileNotFoundError:
        return None
    try:
        with file, warnings.catch_warnings(action="ignore"):  # what matters is said in one line
            state = torch.load(file, map_location="cpu", weights_only=True)
        schema, _, _ = int(state["schema"]), str(state["unit"]), int(state["seq"])
    except Exception as problem:  # damaged and crafted files fail in every way there is
        raise _unreadable(path, problem) from None
    if schema != SCHEMA:
        raise UserError(
            f"has form {schema}, this version reads {SCHEMA}",
            where=str(path),
            remedy="resume with the version that wrote it, or delete it",
        )
    loaded: State = state
    return loaded


def _unreadable(path: Path, problem: Exception) -> UserError:
    return UserError(
        f"is no resume state that can be read ({type(problem).__name__})",
        where=str(path),
        remedy="delete it to start again from the last finished unit",
    )


def _copied(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item) for item in value]
    return value
