"""Follow one run's directory: a thread reads it, and screens show its latest view."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from vitac_tui.errors import UserError
from vitac_tui.runs import events, log, status
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.log import LogReader
from vitac_tui.runs.status import Status
from vitac_tui.system.process import Process
from vitac_tui.tui.reading.history import HistoryBuilder, RunHistory
from vitac_tui.tui.reading.skim import skim, whole_lines

POLL_S = 0.4
NOTHING = Status("unread", Process("", 0, 0), 0.0, 0.0)


@dataclass(frozen=True)
class View:
    """A run at one moment, as read from its directory.

    Attributes:
        max_drop: the largest accuracy loss that the selection rule allows; None if unknown.
        version: grows with every change.
        trouble: one line that says why there is nothing to show.
    """

    run: RunDir
    status: Status = NOTHING
    state: str = NOTHING.state
    reason: str = ""
    history: RunHistory = field(default_factory=RunHistory)
    max_drop: float | None = None
    version: int = 0
    trouble: str = ""

    @property
    def live(self) -> bool:
        """Tell whether the run is under way, as far as this machine can tell."""
        return self.state in status.LIVE


class Follower:
    """Reads a run's directory in a thread of the app until it is stopped.

    Screens poll `view`, which is frozen and replaced as a whole. So the reader can never flood the
    event loop.
    """

    def __init__(self, run: RunDir) -> None:
        self.run = run
        self.view = View(run)
        self._stop = threading.Event()
        self._history = HistoryBuilder(run.name)
        self._reader: LogReader | None = None  # set once the existing log was skimmed

    def stop(self) -> None:
        """Ask `follow` to return."""
        self._stop.set()

    def follow(self) -> None:
        """Refresh until stopped. Errors become the view's `trouble`."""
        while not self._stop.is_set():
            self.refresh()
            self._stop.wait(POLL_S)

    def refresh(self) -> None:
        """Read what has been added since the last call."""
        try:
            self._refresh()
        except UserError as problem:
            self._report(str(problem))
        except OSError as problem:
            self._report(f"{self.run.path}: {problem.strerror}")

    def _refresh(self) -> None:
        if not self.run.path.is_dir():
            self._report(f"the run is gone: {self.run.path} was removed")
            return
        log.require_readable(self.run.events)
        known = status.read(self.run.status)
        state, reason = status.shown(known)
        history = self.view.history
        if not self.view.version:  # shown at once, before a long log is read
            drop = max_drop(self.run)
            self.view = View(self.run, known, state, reason, history, drop, version=1)
        count = 0
        for record in self._new():
            self._history.add(record)
            count += 1
            if self._stop.is_set():
                return
        if count:
            history = self._history.snapshot()
        seen = (self.view.status, self.view.state, self.view.reason, self.view.trouble)
        if count or seen != (known, state, reason, ""):
            drop, version = self.view.max_drop, self.view.version + 1
            self.view = View(self.run, known, state, reason, history, drop, version)

    def _new(self) -> Iterator[events.Record]:
        """Yield the new records; the first time, those of the existing log, skimmed."""
        if self._reader is None:
            size = whole_lines(self.run.events)
            yield from skim(self.run.events, size)
            self._reader = LogReader(self.run.events, start=size)
        yield from self._reader.new()

    def _report(self, trouble: str) -> None:
        if trouble != self.view.trouble:
            self.view = replace(self.view, trouble=trouble, version=self.view.version + 1)


def max_drop(run: RunDir) -> float | None:
    """Return the largest accuracy loss that a run's selection rule allows, as a fraction.

    None if the experiment cannot be read.
    """
    try:
        return run.load_experiment().select.max_drop
    except (
        UserError,
        OSError,
    ):  # the rest of the run can still be shown
        return None
