"""Starting, resuming and replaying runs, from the request to the run's live screen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import App
from textual.screen import Screen
from textual.widgets import Input

from vitac_tui.errors import one_line
from vitac_tui.runs.directory import RunDir
from vitac_tui.tui.messages import StartRun
from vitac_tui.tui.reporting import in_thread
from vitac_tui.tui.screens.runs import RunsScreen
from vitac_tui.tui.services import run_actions
from vitac_tui.tui.services.launches import DOING, Launch, Launches, Verb
from vitac_tui.tui.services.started_runs import StartedRuns

Watch = Callable[[RunDir], None]


class RunStarter:
    """Starts detached runs for the app and keeps track of them."""

    def __init__(
        self,
        app: App[Any],
        root: Path | None,
        home: RunsScreen,
        launches: Launches,
        open_run: Callable[[RunDir], None],
    ) -> None:
        self.app = app
        self.started = StartedRuns()
        self._root = root
        self._home = home
        self._launches = launches
        self._open_run = open_run

    def start(self, request: StartRun) -> None:
        """Start a run of a preset."""
        run = run_actions.new_run(self._root, request.name)
        start = partial(run_actions.start, run, request.preset, self._root, sets=request.sets)
        self._launch(run, "starting", start, watch=request.watch)

    def resume(self, run: RunDir) -> None:
        """Continue a run that did not finish."""
        self._launch(run, "resuming", partial(run_actions.resume, run))

    def replay(self, source: RunDir) -> None:
        """Run the experiment of a run again."""
        run = run_actions.new_run(self._root, "replay")
        start = partial(run_actions.replay, source, run, self._root)
        self._launch(run, "starting", start, replayed=source)

    def cancel(self, run: RunDir) -> None:
        """End the process of a run that has not begun yet."""
        self._launches.cancel(run)

    def _launch(
        self,
        run: RunDir,
        verb: Verb,
        start: Callable[..., None],
        *,
        watch: Watch | None = None,
        replayed: RunDir | None = None,
    ) -> None:
        launch = self._launches.begin(run, verb)
        self.app.notify(one_line(f"{verb} {run.name}: {DOING}"), markup=False)
        self._home.show_launch(run)
        begun = partial(self.begun, asked=self.app.screen, watch=watch, replayed=replayed)
        self._wait(launch, partial(start, cancelled=launch.cancelled), begun)

    @in_thread
    def _wait(
        self, launch: Launch, start: Callable[[], None], begun: Callable[[RunDir], None]
    ) -> None:
        call = self.app.call_from_thread
        try:
            start()
        except run_actions.CancelledError:
            call(self.app.notify, one_line(f"{launch.run.name}: cancelled"), markup=False)
        else:
            call(begun, RunDir(launch.run.path.resolve()))
        finally:
            self._launches.end(launch)
            call(self._home.refresh_rows)

    def begun(
        self,
        run: RunDir,
        asked: Screen[Any],
        watch: Watch | None = None,
        replayed: RunDir | None = None,
    ) -> None:
        """Show a run that has begun, unless the user has moved on from the screen `asked`."""
        self.started.add(run, replayed)
        if watch is not None:
            watch(run)
        elif self.app.screen is asked and not isinstance(self.app.focused, Input):
            self._open_run(run)
        else:
            text = one_line(f"{run.name} has begun; open it from the list of runs")
            self.app.notify(text, markup=False)
