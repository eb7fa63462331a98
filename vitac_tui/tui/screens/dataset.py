"""A dataset before a run: where it lies, how it is read, what the checks say, and its images."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import tomli_w
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import DataTable, Footer, Input, Static
from textual.worker import Worker, get_current_worker

from vitac_tui.audit.dataset_table import changed
from vitac_tui.audit.survey import parsed
from vitac_tui.errors import UserError, one_line
from vitac_tui.runs import directory
from vitac_tui.tui import keys
from vitac_tui.tui.reading import survey
from vitac_tui.tui.reading.folders import expanded
from vitac_tui.tui.reading.form import dataset_rows
from vitac_tui.tui.reading.job import run_job
from vitac_tui.tui.reading.survey import DatasetView, Progress, Table, state_text
from vitac_tui.tui.services.clipboard import copy
from vitac_tui.tui.widgets.checks import Checks
from vitac_tui.tui.widgets.completing_input import PathInput
from vitac_tui.tui.widgets.disk import Disk
from vitac_tui.tui.widgets.heading import Heading, Line
from vitac_tui.tui.widgets.imagegrid import ImageGrid
from vitac_tui.tui.widgets.prompt import Prompt
from vitac_tui.tui.widgets.settings_form import SettingsForm

WIDE = 110  # columns from which the three panels stand side by side
PAUSE_S = 0.4  # without a key, after which what was typed is read
PANELS = {"source": "#tree", "checks": "#counts", "pictures": "#grid"}  # and what has the focus


class DatasetScreen(Screen[dict[str, Any] | None]):
    """Dismissed with the `[dataset]` table of the dataset that was chosen, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("dataset")
    AUTO_FOCUS = "#places"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 (as Textual declares it)
        (0, "-narrow"),
        (WIDE, "-wide"),
    ]
    HELP = "A dataset. 1 to 3 choose the panel, tab moves within it, c goes on with the dataset."

    def __init__(self, table: Table | None = None) -> None:
        """Begin with the `[dataset]` table of settings at hand, if there is one."""
        super().__init__()
        self._table: dict[str, Any] = dict(table or {})
        self._folder = str(self._table.get("root", ""))  # the last that was chosen
        self._view: DatasetView | None = None
        self._guessed = False  # the table is as it was guessed: nothing of it is the user's
        self._reading = ""  # what is under way; "" while nothing is
        self._problem = ""  # why the table cannot be gone on with
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """State and path; source, checks and pictures; what there is to say; keys."""
        yield Heading()
        yield PathInput(id="path")
        with Horizontal(id="panels"):
            with Horizontal(id="source"):
                runs = getattr(self.app, "runs_folder", directory.DEFAULT_ROOT)
                yield Disk(_tree_root(self._table), runs, id="disk")
                yield SettingsForm(self._type, self._set, id="form")
            yield Checks(id="checks")
            with Vertical(id="pictures"):
                yield Line(id="class")
                yield ImageGrid(id="grid")
        yield Static("", markup=False, id="examples")
        yield Prompt()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Read what there is to begin with."""
        self.add_class("-on-source")
        self.query_one(SettingsForm).display = False
        if self._table:
            self._choose(self._table)
        else:
            self._show()

    # Choosing

    @on(Disk.Chosen)
    def _pointed(self, event: Disk.Chosen) -> None:
        self._choose(event.table)

    @on(Input.Submitted, "#path")
    def _typed(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            return
        root = expanded(event.value)
        self._choose({"root": str(root)})
        if os.path.isdir(root):  # noqa: PTH112 (that of Path raises where one may not look)
            self.query_one(Disk).go_to(root)
        self._focus_panel("source")

    def _type(self, key: str, text: str) -> None:
        """Show what a setting that is being typed would do. Raises UserError."""
        try:
            dataset = survey.validated(self._table, key, text)
        except UserError as problem:
            self._problem = str(problem)
            raise
        if changed(dataset) != self._table or self._problem:
            self._table, self._guessed = changed(dataset), False
            self._read_soon(PAUSE_S)

    def _set(self, key: str, text: str) -> None:
        """Take a setting. Raises UserError."""
        if key == "layout":
            self._choose(survey.of_layout({"root": self._folder, **self._table}, text))
        elif key == "modality" and self._guessed:  # its lists may have other names
            self._choose({"root": self._table["root"], "modality": text})
        else:
            self._type(key, text)
            self._fill_form()

    @on(Prompt.Closed)
    def _typing_over(self) -> None:
        self.query_one(SettingsForm).focus()
        self._show_state()

    def _choose(self, table: dict[str, Any]) -> None:
        self._table, self._guessed, self._view = table, "layout" not in table, None
        self._folder = str(table.get("root", "")) or self._folder
        self.query_one(PathInput).value = str(table.get("root", ""))
        self._fill_form()
        self._read_soon(0.0)

    def _fill_form(self) -> None:
        form = self.query_one(SettingsForm)
        form.display = "layout" in self._table
        if form.display:
            with suppress(UserError):  # reading will show it
                form.show(dataset_rows(survey.validated(self._table)))

    # Reading

    def _read_soon(self, delay_s: float) -> None:
        if self._pause is not None:
            self._pause.stop()
        self.workers.cancel_group(self, "read")
        self._reading, self._problem = "reading", ""
        self._pause = self.set_timer(delay_s, self._begin) if delay_s else None
        self._show_state()
        if not delay_s:
            self._begin()

    def _begin(self) -> None:
        self._view = None
        self._read(dict(self._table))

    @work(thread=True, exclusive=True, exit_on_error=False, group="read")
    def _read(self, table: Table) -> None:
        self._report(get_current_worker(), lambda progress: survey.load(table, progress))

    @work(thread=True, exclusive=True, exit_on_error=False, group="read")
    def _decode(self, view: DatasetView) -> None:
        self._report(get_current_worker(), lambda progress: survey.decoded(view, progress))

    def _report(self, worker: Worker[Any], job: Callable[[Progress], DatasetView]) -> None:
        """In the thread: do the job and hand over what came of it."""
        call = self.app.call_from_thread
        outcome = run_job(job, lambda text: call(self._progress, text), lambda: worker.is_cancelled)
        if outcome is not None:
            call(self._take, outcome, worker)

    def _progress(self, text: str) -> None:
        if self._reading:
            self._reading = text
            self._show_state()

    def _take(self, outcome: DatasetView | str, worker: Worker[Any]) -> None:
        if worker.is_cancelled:  # looked at here, where it is cancelled: no choice is in between
            return
        self._reading = ""
        if isinstance(outcome, str):
            self._problem = outcome
        else:
            self._view, self._table = outcome, outcome.table
        self._fill_form()
        self._show()

    # Showing

    def _show(self) -> None:
        view = self._view
        with self.app.batch_update():
            self._show_state()
            self.query_one(Checks).show(view)
            self._show_pictures()
            examples = [parsed(sample) for sample in view.found.examples] if view else []
            shown = self.query_one("#examples", Static)
            shown.update("\n".join(examples))
            shown.set_class(not examples, "-empty")  # an empty line would still take a row

    def _show_state(self) -> None:
        view = self._view
        text = state_text(self._table, view, self._reading)
        self.query_one(Heading).say(one_line(text), "failed" if self._problem else "")
        verdict = view.found.assessment.verdict if view else ""
        self._say(self._problem or verdict, wrong=bool(self._problem))

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self.query_one(Prompt).say(text, bad=wrong)

    @on(DataTable.RowHighlighted, "#counts")
    def _show_pictures(self) -> None:
        row = self.query_one(Checks).current
        grid = self.query_one(ImageGrid)
        if self._view is None or row is None:
            grid.clear()
        else:
            grid.show(self._view.read.table.source, self._view.spec, row.samples)

    @on(ImageGrid.Turned)
    def _turned(self) -> None:
        row = self.query_one(Checks).current
        place = self.query_one(ImageGrid).place
        self.query_one("#class", Line).say(f"class {row.name}: {place}" if row else "")

    # Keys

    def action_panel(self, name: str) -> None:
        """Show a panel, or go to it where all are shown."""
        for panel in PANELS:
            self.set_class(panel == name, f"-on-{panel}")
        self._focus_panel(name)

    def _focus_panel(self, name: str) -> None:
        """Go to a panel; where one alone is shown, to that one: keys act on what is seen."""
        if self.has_class("-narrow"):
            name = next(panel for panel in PANELS if self.has_class(f"-on-{panel}"))
        self.query_one(PANELS[name]).focus()

    def action_path(self, first: str) -> None:
        path = self.query_one(PathInput)
        path.begin(first)
        self.set_focus(path)  # at once, or the letters that follow would be lost

    def on_paste(self, event: events.Paste) -> None:
        """Take a path that is pasted anywhere on the screen."""
        lines = event.text.strip().splitlines()
        if lines and not isinstance(self.focused, Input):
            self.action_path(lines[0])

    def action_turn(self, pages: int) -> None:
        """Another page of images."""
        self.query_one(ImageGrid).turn(pages)

    def action_resize(self, steps: int) -> None:
        """Larger or smaller pictures."""
        self.query_one(ImageGrid).resize(steps)

    def action_zoom(self) -> None:
        """The middle of the images."""
        self.query_one(ImageGrid).zoom()

    def action_decode(self) -> None:
        """Open every image, as a run will."""
        view = self._ready()
        if view is not None:
            self._reading = "decoding"
            self._show_state()
            self._decode(view)

    def action_copy(self) -> None:
        """The table as TOML."""
        view = self._ready()
        if view is not None:
            done = copy(self.app, tomli_w.dumps({"dataset": view.table}))
            self.notify(f"[dataset] table: {done}", markup=False)

    def action_choose(self) -> None:
        """Go on with the dataset."""
        view = self._ready()
        if view is not None:
            self.dismiss(view.table)

    def _ready(self) -> DatasetView | None:
        """The dataset, if it can be gone on with; else say why not."""
        if self._view is not None and not self._problem and not self._reading:
            return self._view
        why = "still reading" if self._reading else self._problem or "choose a dataset first"
        self.notify(why, severity="warning", markup=False)
        return None

    def action_leave(self) -> None:
        """Out of the line that is typed, the path or the form; else off the screen."""
        prompt, form = self.query_one(Prompt), self.query_one(SettingsForm)
        if prompt.typing:
            prompt.close()
        elif isinstance(self.focused, PathInput) or self.focused is form:
            self.query_one(PathInput).value = str(self._table.get("root", ""))
            self._focus_panel("source")
        else:
            self.dismiss(None)


def _tree_root(table: Table) -> Path:
    """The folder around the dataset's, else the working folder."""
    root = Path(str(table["root"])) if table.get("root") else None
    return root.parent if root is not None and root.is_absolute() else Path.cwd()
