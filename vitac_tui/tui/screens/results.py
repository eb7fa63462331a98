"""The models of one or several runs: a table, the front, classes, confusion."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import ContentSwitcher, DataTable, Footer, Static

from vitac_tui.errors import counted, one_line
from vitac_tui.runs import log, results
from vitac_tui.runs.caveats import caveats
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.lines import stops
from vitac_tui.runs.numbers import percent
from vitac_tui.runs.selection import rule
from vitac_tui.system.atomic import write_atomic
from vitac_tui.tui import keys
from vitac_tui.tui.plot.canvas import Curve
from vitac_tui.tui.plot.layout import PlotSpec
from vitac_tui.tui.plot.sweep_plots import SPLITS, sweep_plot
from vitac_tui.tui.plot.widget import Plot
from vitac_tui.tui.reading.follower import max_drop
from vitac_tui.tui.reading.models import (
    AXES,
    COLUMNS,
    ModelView,
    as_csv,
    front,
    fully_evaluated,
    models,
)
from vitac_tui.tui.reporting import reported
from vitac_tui.tui.services.clipboard import copy
from vitac_tui.tui.widgets.heading import Heading
from vitac_tui.tui.widgets.heatmap import HeatMap

REFRESH_S = 2.0
LEAST_OF_RUN = 12  # characters of a run's name where several are compared


def scored_on(models: Sequence[ModelView]) -> str:
    """What the figures of a table were scored on, and what its stars mean, if there are any."""
    splits = {str(model.row["eval"]["split"]) for model in models}
    names = " and ".join(sorted(SPLITS.get(split, split) for split in splits))
    texts = [f"top-1 on {names}"] if names else []
    if any(model.chosen for model in models):
        texts.append("* chosen on validation")
    return "; ".join(texts)


class ResultsScreen(Screen[None]):
    """Reads the runs' logs again while one of them grows."""

    SCOPE = "results"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(SCOPE)
    HELP = "Models. 1 to 5 choose the view; [ and ] the model that classes and confusion are of."

    def __init__(self, runs: Sequence[RunDir]) -> None:
        super().__init__()
        self._runs = tuple(runs)
        self._models: list[ModelView] = []
        self._sweeps: dict[RunDir, PlotSpec] = {}
        self._doubted = False
        self._stamp: tuple[float, ...] = ()
        self._axis = 0
        self._at = 0

    def compose(self) -> ComposeResult:
        """Heading, one of the views, what is known beyond the table, keys."""
        yield Heading()
        with ContentSwitcher(initial="table"):
            yield DataTable(cursor_type="row", zebra_stripes=True, id="table")
            yield Plot(id="front")
            yield DataTable(cursor_type="row", zebra_stripes=True, id="classes")
            yield HeatMap(id="confusion")
            yield Plot(id="sweep")
        yield Static("", markup=False, id="notes")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Read now and then."""
        self._look()
        self.set_interval(REFRESH_S, self._look)

    def on_resize(self) -> None:
        """Show the columns that fit."""
        self._show()

    def _look(self) -> None:
        stamp = tuple(_changed(run.events) for run in self._runs)
        if stamp != self._stamp and self.is_active:
            self._stamp = stamp
            self._read()

    @work(thread=True, exclusive=True, exit_on_error=False, group="results")
    def _read(self) -> None:
        found: list[ModelView] = []
        notes: list[str] = []
        doubted: list[str] = []
        sweeps: dict[RunDir, PlotSpec] = {}
        for run in self._runs:
            made = results.project(run.name, log.read(run.events))
            try:
                found += models(run, made)
                sweeps[run] = sweep_plot(made, max_drop(run))
            except (KeyError, TypeError, ValueError):
                notes.append(f"{run.name}: its rows are not of a known form")
            of = f"{run.name}: " if len(self._runs) > 1 else ""
            doubted += [f"{of}{doubt}" for doubt in caveats(made)]
            notes += [
                f"{of}{choice['variant']}: selected {choice['what'].replace('_', ' ')} "
                f"{choice['row']} on {choice['split']}: {rule(choice)}"
                for choice in made.selected
            ]
            if footnote := stops(made.models):
                notes.append(footnote)
        if len({model.dataset for model in found}) > 1:
            notes.insert(0, "these runs have different data: their figures do not compare")
        self.app.call_from_thread(self._take, found, sweeps, [*doubted, *notes], bool(doubted))

    def _take(
        self,
        found: list[ModelView],
        sweeps: dict[RunDir, PlotSpec],
        notes: list[str],
        doubted: bool,
    ) -> None:
        if not self._models:  # what was chosen is compared with dense first
            self._at = next((place for place, model in enumerate(found) if model.chosen), 0)
        self._models, self._sweeps, self._doubted = found, sweeps, doubted
        text = one_line("; ".join(filter(None, [*notes, scored_on(found)])))
        self.query_one("#notes", Static).update(text)
        self._show()

    def _show(self) -> None:
        if not self.is_mounted:
            return
        view = self.query_one(ContentSwitcher).current
        names = ", ".join(run.name for run in self._runs)
        # The picture of a sweep says its rule itself, but not what makes figures doubtful.
        self.query_one("#notes").display = view != "sweep" or self._doubted
        model = self._current()
        of = f": {model.id}" if model is not None and view in ("classes", "confusion") else ""
        if of and model is not None and model.stopped:
            of += f": no figures by class, {model.stopped}"
        self.query_one(Heading).say(one_line(f"{view}{of}  {names}"))
        draw = {
            "table": self._table,
            "front": self._front,
            "classes": self._per_class,
            "confusion": self._confusion,
            "sweep": self._sweep,
        }
        draw[view or "table"]()

    def _current(self) -> ModelView | None:
        return self._models[self._at] if 0 <= self._at < len(self._models) else None

    def _label(self, model: ModelView, room: int = 0) -> str:
        """A model's name; where there is no room for all of it, the run's is cut from the left."""
        text, of = f"{model.id}{' *' if model.chosen else ''}", ""
        if len(self._runs) > 1:
            of = f"{model.run.name} "
            left = max(room - len(text), LEAST_OF_RUN)
            of = of if not room or len(of) <= left else f"…{of[1 - left :]}"
        return one_line(f"{of}{text}")

    def _table(self) -> None:
        table = self.query_one("#table", DataTable)
        at = self._at
        table.clear(columns=True)
        room = self.size.width // 2
        names = [self._label(model, room) for model in self._models]
        width = min(max((len(name) for name in names), default=12), room)
        left = self.size.width - width - 4
        table.add_column("model", width=width)
        table.fixed_columns = 1
        shown = []
        for column in COLUMNS:
            texts = [column.text(model.row) for model in self._models]
            wide = max([len(column.heading), *map(len, texts)])
            left -= wide + 2
            if left < 0:
                break
            table.add_column(Text(column.heading, justify="right"), width=wide)
            shown.append(texts)
        for place, name in enumerate(names):
            cells = [Text(texts[place], justify="right") for texts in shown]
            table.add_row(Text(name, overflow="ellipsis", no_wrap=True), *cells)
        table.move_cursor(row=at)
        if not self._models:
            self.query_one("#notes", Static).update("no model is evaluated yet")

    def _front(self) -> None:
        axis = AXES[self._axis]
        curves: list[Curve] = []
        best = [(axis.value(m.row) or 0.0, 100 * m.top1) for m in front(self._models, axis)]
        for run in self._runs:
            points = [
                (cost, 100 * model.top1)
                for model in fully_evaluated(self._models)
                if model.run == run and (cost := axis.value(model.row)) is not None
            ]
            curves.append(Curve(run.name, points, len(curves), joined=False))
        curves.insert(0, Curve("Pareto front", best, len(curves) + 1))  # points on top of it
        title = f"top-1 % against {axis.title} (a: another axis)"
        self.query_one("#front", Plot).show(
            PlotSpec(title, tuple(curves), unit=axis.unit, empty="no model is evaluated yet")
        )

    def _sweep(self) -> None:
        model = self._current()
        if model is not None and model.run in self._sweeps:
            self.query_one("#sweep", Plot).show(self._sweeps[model.run])

    def _per_class(self) -> None:
        table = self.query_one("#classes", DataTable)
        table.clear(columns=True)
        model = self._current()
        if model is None:
            return
        dense = next((m for m in self._models if m.is_dense_of(model)), None)
        own = Text(one_line(f"{model.id} %"))
        table.add_columns("class", "images", "dense %", own, "change", "")
        scores = dense.row["eval"]["per_class"] if dense is not None else ()
        before = {str(score["class"]): score["top1"] for score in scores}
        for score in model.row["eval"]["per_class"]:
            name, top1 = str(score["class"]), score["top1"]
            was = before.get(name)
            change = "" if top1 is None or was is None else f"{100 * (top1 - was):+.1f}"
            bar = "" if top1 is None else "━" * round(20 * top1)
            cells = (str(score["images"]), percent(was), percent(top1), change)
            right = [Text(cell, justify="right") for cell in cells]
            table.add_row(Text(one_line(name)), *right, Text(bar))

    def _confusion(self) -> None:
        model = self._current()
        if model is not None:
            names = [one_line(name) for name in model.class_names]
            counts = model.row["eval"]["confusion"]
            names += [str(place) for place in range(len(names), len(counts))]
            self.query_one(HeatMap).show(counts, names)

    @on(DataTable.RowHighlighted, "#table")
    def _moved(self, event: DataTable.RowHighlighted) -> None:
        self._at = event.cursor_row

    def action_view(self, name: str) -> None:
        """Another view of the same models."""
        switcher = self.query_one(ContentSwitcher)
        if name != switcher.current:
            self.minimize()  # a plot that fills the screen would be hidden, and the screen empty
        switcher.current = name
        self.query_one(f"#{name}").focus()
        self._show()

    def action_model(self, by: int) -> None:
        """The model before or after, in every view."""
        if self._models:
            self._at = (self._at + by) % len(self._models)
            self._show()

    def action_axis(self) -> None:
        """The next cost on the front's axis."""
        self._axis = (self._axis + 1) % len(AXES)
        self.action_view("front")

    def action_copy(self) -> None:
        """The row under the cursor, as CSV."""
        model = self._current()
        if model is not None:
            done = copy(self.app, as_csv([model]))
            self.notify(f"{self._label(model)}: {done}", markup=False)

    def action_copy_all(self) -> None:
        """The table, as CSV."""
        done = copy(self.app, as_csv(self._models))
        self.notify(f"{counted(len(self._models), 'row')}: {done}")

    def action_export(self) -> None:
        """The table, as a file."""
        self._save("csv", as_csv(self._models))

    def action_picture(self) -> None:
        """The screen, as a picture."""
        self._save("svg", self.app.export_screenshot(title="vitac-tui"))

    @reported
    def _save(self, ending: str, text: str) -> None:
        name = re.sub(r"[^A-Za-z0-9._-]", "_", self._runs[0].name)
        path = Path(f"{name}-{time.strftime('%H%M%S')}.{ending}").resolve()
        write_atomic(path, text.encode())
        self.notify(f"saved {path}", markup=False)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
