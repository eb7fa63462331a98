"""Follows one run's directory: a thread reads, screens look at the latest picture."""

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
from vitac_tui.tui.reading.skim import skim, whole_lines
from vitac_tui.tui.reading.story import Story, Told

POLL_S = 0.4
NOTHING = Status("unread", Process("", 0, 0), 0.0, 0.0)


@dataclass(frozen=True)
class View:
    """A run at one moment, as its directory tells it.

    Attributes:
        max_drop: what the rule that chooses an amount lets it lose; None where it is not known.
    """

    run: RunDir
    status: Status = NOTHING
    state: str = NOTHING.state
    reason: str = ""
    told: Told = field(default_factory=Told)
    max_drop: float | None = None
    version: int = 0  # grows with every change
    trouble: str = ""  # why there is nothing to show, in a line

    @property
    def live(self) -> bool:
        """Whether the run is under way, as far as can be told from here."""
        return self.state in status.LIVE


class Follower:
    """Reads a run's directory in a thread of the app's, until it is told to stop.

    Screens pull `view`, which is frozen and replaced as a whole, when it suits them: the reader
    can never flood the event loop.
    """

    def __init__(self, run: RunDir) -> None:
        self.run = run
        self.view = View(run)
        self._stop = threading.Event()
        self._story = Story(run.name)
        self._reader: LogReader | None = None  # once the log's past was skimmed

    def stop(self) -> None:
        """End `follow` soon."""
        self._stop.set()

    def follow(self) -> None:
        """Refresh until stopped; whatever goes wrong becomes the view's `trouble`."""
        while not self._stop.is_set():
            self.refresh()
            self._stop.wait(POLL_S)

    def refresh(self) -> None:
        """Read what is new, once."""
        try:
            self._refresh()
        except UserError as problem:
            self._say(str(problem))
        except OSError as problem:
            self._say(f"{self.run.path}: {problem.strerror}")

    def _refresh(self) -> None:
        if not self.run.path.is_dir():
            self._say(f"the run is gone: somebody removed {self.run.path}")
            return
        log.require_readable(self.run.events)
        known = status.read(self.run.status)
        state, reason = status.shown(known)
        told = self.view.told
        if not self.view.version:  # what is known at once, before a long log is read
            drop = max_drop(self.run)
            self.view = View(self.run, known, state, reason, told, drop, version=1)
        count = 0
        for record in self._new():
            self._story.add(record)
            count += 1
            if self._stop.is_set():
                return
        if count:
            told = self._story.told()
        seen = (self.view.status, self.view.state, self.view.reason, self.view.trouble)
        if count or seen != (known, state, reason, ""):
            drop, version = self.view.max_drop, self.view.version + 1
            self.view = View(self.run, known, state, reason, told, drop, version)

    def _new(self) -> Iterator[events.Record]:
        """What was not told yet; the first time, the log's past at a glance."""
        if self._reader is None:
            size = whole_lines(self.run.events)
            yield from skim(self.run.events, size)
            self._reader = LogReader(self.run.events, start=size)
        yield from self._reader.new()

    def _say(self, trouble: str) -> None:
        if trouble != self.view.trouble:
            self.view = replace(self.view, trouble=trouble, version=self.view.version + 1)


def max_drop(run: RunDir) -> float | None:
    """What the rule of a run lets an amount lose, as a share; None where it cannot be read."""
    try:
        return run.load_experiment().select.max_drop
    except (UserError, OSError):  # of a newer version, say; all else of the run can still be seen
        return None
