"""Home: every run, and what can be done with one."""

from __future__ import annotations

import math
import time
from typing import ClassVar, get_args

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Static

from vitac_tui.errors import one_line
from vitac_tui.runs.control import What
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.listing import Listing, RunSummary
from vitac_tui.tui import keys, messages
from vitac_tui.tui.reading.columns import COLUMNS, Column, fitting
from vitac_tui.tui.reading.filtering import matcher
from vitac_tui.tui.reporting import in_thread
from vitac_tui.tui.services import run_actions
from vitac_tui.tui.services.launches import Launches, Verb
from vitac_tui.tui.widgets.dialogs import Answer, Ask
from vitac_tui.tui.widgets.heading import Heading, Line
from vitac_tui.tui.widgets.runtable import RunTable

REFRESH_S = 1.0
WELCOME = """\
No runs yet.

Press  d  to train and prune a small network on the built-in sample set:
          about half a minute to a minute on two processor cores.
Press  n  to set up a run on your own images.
Press  i  to look at images and check them first.
Press  ?  for all keys.
"""


NAMES = (12, 40)  # narrowest and widest column of names


class RunsScreen(Screen[None]):
    """The list of runs."""

    SCOPE = "runs"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(SCOPE)
    AUTO_FOCUS = ""  # the list, once it has rows; not the hidden filter
    HELP = "Every run below the runs folder, and live ones elsewhere. Enter opens one."

    def __init__(self, listing: Listing, where: str, launches: Launches) -> None:
        super().__init__()
        self._listing = listing
        self._launches = launches
        self._found: tuple[RunSummary, ...] = ()  # in the folder; `_rows` has the launches, too
        self._where = where
        self._rows: tuple[RunSummary, ...] = ()
        self._shown: tuple[RunSummary, ...] = ()
        self._marked: set[str] = set()
        self._sort = "age"
        self._not_before = 0.0
        self._columns: tuple[Column, ...] = ()

    def compose(self) -> ComposeResult:
        """Heading, list or welcome, the reason of the run under the cursor, keys."""
        yield Heading("vitac-tui")
        yield Input(placeholder="words, or top1>90  state=finished  age_h<24", id="filter")
        yield RunTable(id="runs")
        yield Static(WELCOME, markup=False, id="welcome")
        yield Line(id="about")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Read at once, and again while the screen is shown."""
        self.query_one("#filter").display = False
        self.query_one("#welcome").display = False
        self._read()
        self.set_interval(REFRESH_S, self._read)

    def on_resize(self) -> None:
        """Show the columns that fit."""
        self._show(rebuild=True)

    def on_screen_resume(self) -> None:
        """Back from another screen."""
        self._read()

    def _read(self) -> None:
        if self.is_active and time.monotonic() >= self._not_before:
            self._not_before = math.inf  # until this reading has ended
            self._read_in_thread()

    @work(thread=True, exclusive=True, exit_on_error=False, group="listing")
    def _read_in_thread(self) -> None:
        begun = time.monotonic()
        try:
            rows = tuple(self._listing.rows())
        finally:
            # Thousands of runs, or a slow file system: a tenth of the time at most goes into it.
            ended = time.monotonic()
            self._not_before = ended + 9 * (ended - begun)
        self.app.call_from_thread(self._take, rows)

    def _take(self, rows: tuple[RunSummary, ...]) -> None:
        self._found = rows
        self.refresh_rows()

    def refresh_rows(self) -> None:
        """Show the runs of the last reading, and the launches as they are now."""
        self._rows = self._launches.merged(self._found)
        self._show()

    def show_launch(self, run: RunDir) -> None:
        """Show a launch that has just begun, and put the cursor on it."""
        self.refresh_rows()
        places = [row.run.path.resolve() for row in self._shown]
        if run.path.resolve() in places:
            self.query_one(RunTable).move_cursor(row=places.index(run.path.resolve()))

    def _show(self, *, rebuild: bool = False) -> None:
        if not self.query(RunTable):  # not there yet, or not any more
            return
        table = self.query_one(RunTable)
        try:
            keep = matcher(self.query_one(Input).value)
        except ValueError as problem:
            self.query_one("#about", Line).say(str(problem))
            return
        column = next(column for column in COLUMNS if column.key == self._sort)
        rows = sorted(filter(keep, self._rows), key=column.order, reverse=self._sort != "state")
        self.query_one("#welcome").display = not self._rows
        table.display = bool(self._rows)
        if self._rows and self.focused is None:
            table.focus()
        same = [r.run.path for r in rows] == [r.run.path for r in self._shown]
        under = self._under_cursor()  # by what is shown so far
        self._shown = tuple(rows)
        columns = fitting(self.size.width - self._widest() - 4)
        if rebuild or not same or columns != self._columns:
            self._columns = columns
            self._rebuild(under)
        else:
            table.update_cells(self._shown)
        self._say()

    def _widest(self) -> int:
        longest = max((len(row.run.name) + 2 for row in self._shown), default=0)
        return min(max(longest, NAMES[0]), NAMES[1], max(8, self.size.width - 4))

    def _rebuild(self, under: RunSummary | None) -> None:
        """The table anew, with the cursor on the run that it was on, wherever that stands now."""
        table = self.query_one(RunTable)
        table.show(self._shown, self._columns, self._widest(), self._sort, self._marked)
        places = [row.run.path for row in self._shown]
        if under and under.run.path in places:
            table.move_cursor(row=places.index(under.run.path))

    def _say(self) -> None:
        live = sum(row.live for row in self._rows)
        count = f"{len(self._shown)} of {len(self._rows)} runs" if self._rows else "no runs"
        text = f"vitac-tui  {count} in {self._where}{f', {live} live' if live else ''}"
        self.query_one(Heading).say(text)
        under = self._under_cursor()
        said = [*filter(None, [under.reason]), *under.marks] if under else []
        about = one_line(f"{under.run.name}: {'; '.join(said)}") if under and said else ""
        if not self._shown and self._rows:
            about = "no run matches; escape clears the filter"
        self.query_one("#about", Line).say(about)

    def _under_cursor(self) -> RunSummary | None:
        number = self.query_one(DataTable).cursor_row
        return self._shown[number] if 0 <= number < len(self._shown) else None

    @on(DataTable.RowHighlighted)
    def _moved(self) -> None:
        self._say()

    @on(DataTable.RowSelected)
    def _opened(self) -> None:
        row = self._under_cursor()
        if row is None:
            return
        if row.state == "starting":
            self.notify(f"{row.run.name} has not begun yet; s cancels it", markup=False)
            return
        self.post_message(messages.OpenRun(row.run))

    @on(Input.Changed)
    def _filtered(self) -> None:
        self._show()

    @on(Input.Submitted)
    def _filter_done(self) -> None:
        self.query_one(DataTable).focus()

    def action_filter(self) -> None:
        """Show the filter's line."""
        self.query_one(Input).display = True
        self.query_one(Input).focus()

    def action_clear(self) -> None:
        """Show all runs again."""
        field = self.query_one(Input)
        field.value = ""
        field.display = False
        self.query_one(DataTable).focus()

    def action_sort(self) -> None:
        """By the next column that is shown."""
        shown = [column.key for column in self._columns] or ["age"]
        at = shown.index(self._sort) if self._sort in shown else -1
        self._sort = shown[(at + 1) % len(shown)]
        self._show(rebuild=True)

    def action_mark(self) -> None:
        """Mark or unmark the run under the cursor."""
        row = self._under_cursor()
        if row is None:
            return
        self._marked ^= {str(row.run.path)}
        self.query_one(RunTable).label(row, self._marked)
        self.query_one(DataTable).action_cursor_down()

    def _need(self) -> RunSummary | None:
        row = self._under_cursor()
        if row is None:
            self.notify("there is no run under the cursor", severity="warning")
        return row

    def action_results(self) -> None:
        """The models of the run."""
        row = self._need()
        if row is not None:
            self.post_message(messages.ShowResults((row.run,)))

    def action_compare(self) -> None:
        """The models of all marked runs."""
        marked = [row.run for row in self._rows if str(row.run.path) in self._marked]
        if len(marked) < 2:
            self.notify("mark at least two runs with space, then press c", severity="warning")
            return
        self.post_message(messages.ShowResults(tuple(marked)))

    def action_pause(self) -> None:
        """Pause, or go on."""
        row = self._need()
        if row is not None:
            what: What = "unpause" if row.state == "paused" else "pause"
            self.post_message(messages.ControlRun(row.run, what))

    def action_stop(self) -> None:
        """Stop after the current batch; a run that has not begun is cancelled."""
        row = self._need()
        if row is None:
            return
        if row.state in get_args(Verb):
            self.post_message(messages.CancelLaunch(row.run))
        else:
            self.post_message(messages.ControlRun(row.run, "stop"))

    def action_resume(self) -> None:
        """Continue a run."""
        row = self._need()
        if row is None:
            return
        if row.live or row.state == "finished":
            self.notify(f"{row.run.name} is {row.state}", severity="warning", markup=False)
            return
        self.post_message(messages.ResumeRun(row.run))

    def action_replay(self) -> None:
        """The same experiment as a new run."""
        row = self._need()
        if row is not None:
            self.post_message(messages.ReplayRun(row.run))

    @work
    async def action_delete(self) -> None:
        """Delete the run's directory, once the user said so."""
        row = self._need()
        if row is None:
            return
        if row.live or row.state in get_args(Verb):
            text = one_line(f"{row.run.name} is {row.state}; stop it first (s)")
            self.notify(text, severity="warning", markup=False)
            return
        question = one_line(f"Delete {row.run.path} with everything in it?")
        answers = (Answer("k", "keep it", ""), Answer("x", "delete it", "delete"))
        if await self.app.push_screen_wait(Ask(question, answers)) == "delete":
            self._delete(row.run)

    @in_thread
    def _delete(self, run: RunDir) -> None:
        try:
            run_actions.delete(run)
        finally:
            self.app.call_from_thread(self._read)

    def action_prune(self) -> None:
        """Try pruning the run's model."""
        row = self._need()
        if row is not None:
            self.post_message(messages.PruneModel(row.run))

    def action_demo(self) -> None:
        """Start the demo."""
        self.post_message(messages.StartRun("demo", "demo"))

    def action_new(self) -> None:
        """Set a run up."""
        self.post_message(messages.NewRun())

    def action_dataset(self) -> None:
        """Look at a dataset."""
        self.post_message(messages.ChooseDataset())
