"""The event log on disk: appended by one process, read by any number."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from vitac_tui.errors import UserError
from vitac_tui.runs import events
from vitac_tui.system.files import open_regular, require_form

_CHUNK = 1 << 20
_LONGEST = 1 << 26  # bytes of a line; a row with the confusions of 1,000 classes takes 4 MB


class EventLog:
    """The writing end of `events.jsonl`. Safe to use from several threads of one process."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ended = False
        self._watchers: list[Callable[[events.Record], None]] = []
        last = 0
        for record in read(path):
            last = max(last, record.seq)
        self._seq = last
        self._file = open_regular(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")  # a kill tore the last line; end it, so that it stays alone

    @property
    def seq(self) -> int:
        """Number of the last event."""
        return self._seq

    def watch(self, watcher: Callable[[events.Record], None]) -> None:
        """Call `watcher` with every record after it was written (console, TensorBoard).

        One that raises OSError is let go of: it is a view, and must not hold up the record.
        """
        self._watchers.append(watcher)

    def append(self, event: events.Event, unit: str = "") -> events.Record:
        """Write one event as one line.

        Raises:
            OSError: the disk is full or gone; the log then ends as it did before the call.
            RuntimeError: this process has already said `run_ended`.
            TypeError: the event would not be read back as what it is, and its work be lost.
        """
        with self._lock:
            if self._ended:
                raise RuntimeError("nothing follows run_ended")
            record = events.Record(self._clock(), self._seq + 1, unit, event)
            text = events.to_line(record)
            read_back = events.from_line(text)
            if read_back is None or type(read_back.event) is not type(event):
                raise TypeError(f"not as its grammar says: {text[:1000]}")
            data = (text + "\n").encode()
            size = os.fstat(self._file).st_size
            try:
                written = os.write(self._file, data)
                if written < len(data):
                    raise OSError(28, "No space left on device")
            except OSError:
                os.ftruncate(self._file, size)
                raise
            self._seq += 1
            self._ended = isinstance(event, events.RunEnded)
            for watcher in tuple(self._watchers):
                try:
                    watcher(record)
                except OSError:  # a full disk or a lost terminal; the record itself is written
                    self._watchers.remove(watcher)
        return record

    def sync(self) -> None:
        """Return once all events are on the disk itself."""
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file. Whatever still appends fails, instead of writing to another file."""
        with self._lock:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> EventLog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class LogReader:
    """The reading end: each call of `new` gives what was added since the last one."""

    def __init__(self, path: Path, *, start: int = 0) -> None:
        """Reads from byte `start` on, where a line must begin."""
        self._path = path
        self._offset = start

    def new(self) -> Iterator[events.Record]:
        """Records not yet given; an unfinished last line waits until it is finished.

        Raises:
            UserError: what lies there is no log.
        """
        try:
            with os.fdopen(open_regular(self._path), "rb", buffering=_CHUNK) as file:
                file.seek(self._offset)
                while (line := file.readline(_LONGEST)).endswith(b"\n"):
                    self._offset += len(line)
                    record = events.from_line(line.decode("utf-8", "replace"))
                    if record is not None:
                        yield record
                if len(line) == _LONGEST:
                    raise UserError("is no event log", where=str(self._path))
        except FileNotFoundError:
            return


def read(path: Path) -> Iterator[events.Record]:
    """All whole events of a log; a missing log has none."""
    return LogReader(path).new()


def require_readable(path: Path) -> None:
    """Make sure that this version understands a log, by what its first event says.

    Raises:
        UserError: another version wrote it, or it is no log.
    """
    first = next(read(path), None)
    if first is None:
        return
    event = first.event
    if isinstance(event, events.Unknown) and event.name == events.RunStarted.kind:
        require_form(event.data.get("schema"), events.SCHEMA, path)
    elif isinstance(event, events.RunStarted):
        require_form(event.schema, events.SCHEMA, path)
