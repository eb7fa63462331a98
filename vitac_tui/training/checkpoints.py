"""Checkpoints from which interrupted training resumes."""

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
    """Writes resume states to one file from a separate thread, one at a time.

    Saving copies the tensors and returns; the copy is written while training continues. A state
    holds the `seq` of the last event that it includes, to which a resume rewinds.
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
        self._sync = sync  # flushes the events up to `seq` to disk
        self._clock = clock
        self._saved_at = clock()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    def due(self, *, finished_epochs: int = 0) -> bool:
        """Return whether to save now: after a batch (0), or after `finished_epochs` epochs."""
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
                # Events first: a power loss must not keep the state and lose its events.
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
        """Wait for a write in progress, and raise the error of the last write."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def restore(self, take: Callable[[State], None]) -> None:
        """Pass the last state, if there is one, to `take`.

        Raises:
            UserError: the file is not a resume state, or `take` rejects it.
        """
        state = load_state(self._path)
        if state is None:
            return
        try:
            take(state)
        except Exception as problem:  # torch can raise anything here
            raise _unreadable(self._path, problem) from None

    def drop(self) -> None:
        """Delete the state of a finished run; errors of the last write no longer matter."""
        with suppress(OSError):
            self.wait()
        self._path.unlink(missing_ok=True)


def _write(path: Path, state: State) -> None:
    """Write a state directly to its file, without a second copy in memory.

    Raises:
        OSError: for example, the disk is full; torch would replace it by its own error.
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
    """A file that remembers the first write error."""

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
        with file, warnings.catch_warnings(action="ignore"):  # errors are reported in one line
            state = torch.load(file, map_location="cpu", weights_only=True)
        schema, _, _ = int(state["schema"]), str(state["unit"]), int(state["seq"])
    except Exception as problem:  # damaged or crafted files can raise anything
        raise _unreadable(path, problem) from None
    if schema != SCHEMA:
        raise UserError(
            f"has schema {schema}, but this version reads schema {SCHEMA}",
            where=str(path),
            remedy="resume with the version that wrote it, or delete it",
        )
    loaded: State = state
    return loaded


def _unreadable(path: Path, problem: Exception) -> UserError:
    return UserError(
        f"cannot be read as a resume state ({type(problem).__name__})",
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
