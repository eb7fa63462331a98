"""The runs that this app has started: which are live, and how each has ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vitac_tui.runs import status
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.listing import is_live
from vitac_tui.tui.services import run_actions


@dataclass(frozen=True)
class Ended:
    """How a run has ended, as one line."""

    run: RunDir
    text: str
    finished: bool


class StartedRuns:
    """Runs that the app watches until they end."""

    def __init__(self) -> None:
        self._runs: list[RunDir] = []
        self._replayed: dict[RunDir, RunDir] = {}  # replay -> the run that it repeats

    def add(self, run: RunDir, replayed: RunDir | None = None) -> None:
        """Watch a run from now on; `replayed` is the run that it repeats."""
        self._runs.append(run)
        if replayed is not None:
            self._replayed[run] = replayed

    def live(self) -> list[RunDir]:
        """Return the runs that are still under way."""
        return [run for run in self._runs if is_live(run)]

    def take_ended(self) -> Iterator[Ended]:
        """Yield each run that has ended since the last call. Blocks while results are compared."""
        for run in [run for run in self._runs if not is_live(run)]:
            self._runs.remove(run)
            state, reason = status.shown(status.read(run.status))
            text = f"{run.name}: {state}{': ' + reason if reason else ''}"
            replayed = self._replayed.pop(run, None)
            if replayed is not None and state == "finished":
                text += f"; {run_actions.compared(replayed, run)}"
            yield Ended(run, text, state == "finished")
