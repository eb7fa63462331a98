"""Runs whose process was started and has not begun its work yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.listing import RunSummary

Verb = Literal["starting", "resuming"]
DOING = "checking the experiment, its data and this machine; s cancels"


@dataclass(frozen=True)
class Launch:
    """A start or a resume that is under way."""

    run: RunDir
    verb: Verb
    since: float = field(default_factory=time.time)  # unix seconds
    cancelled: threading.Event = field(default_factory=threading.Event, compare=False)


class Launches:
    """The launches that are under way, by run."""

    def __init__(self) -> None:
        self._launches: dict[RunDir, Launch] = {}

    def begin(self, run: RunDir, verb: Verb) -> Launch:
        """Note that a run is being started or resumed."""
        launch = self._launches[run] = Launch(run, verb)
        return launch

    def end(self, launch: Launch) -> None:
        """Forget a launch: the run has begun, failed or was cancelled."""
        self._launches.pop(launch.run, None)

    def cancel(self, run: RunDir) -> bool:
        """Cancel the launch of a run; return whether there was one."""
        launch = self._launches.get(run)
        if launch is not None:
            launch.cancelled.set()
        return launch is not None

    def merged(self, rows: Iterable[RunSummary]) -> tuple[RunSummary, ...]:
        """Return the rows of the list with those of the launches: changed, or added at the end."""
        waiting = {launch.run.path.resolve(): launch for launch in self._launches.values()}
        made = []
        for row in rows:
            launch = waiting.pop(row.run.path.resolve(), None) if waiting else None
            made.append(row if launch is None else _row(row, launch))
        return (*made, *(_row(RunSummary(one.run, ""), one) for one in waiting.values()))


def _row(row: RunSummary, launch: Launch) -> RunSummary:
    started = row.started or launch.since
    return replace(row, state=launch.verb, reason=DOING, eta_s=None, started=started)
