"""A run as it goes: bars, plots, the machine, the log. It shows a finished run just as well."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Footer, RichLog

from vitac_tui.errors import one_line
from vitac_tui.runs.control import What
from vitac_tui.runs.numbers import percent
from vitac_tui.runs.status import Status, span
from vitac_tui.tui import keys, messages
from vitac_tui.tui.plot.training_plots import plot_spec
from vitac_tui.tui.plot.widget import Plot
from vitac_tui.tui.reading.follower import Follower, View
from vitac_tui.tui.reading.history import RunHistory
from vitac_tui.tui.services.machine import Machine
from vitac_tui.tui.widgets.bars import Bar, Bars
from vitac_tui.tui.widgets.heading import Heading, Line

DRAW_S = 0.5  # twice a second suffices for eyes, and for a line over SSH
MACHINE_S = 2.0
REWRITTEN = 300  # lines of the log that a change of the width brings back
SMOOTHING = (0.0, 0.6, 0.9)
WIDE = 110  # columns from which two plots stand side by side


class LiveScreen(Screen[None]):
    """Draws the latest view of one run's follower on a timer; it is never pushed at."""

    SCOPE = "live"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(SCOPE)
    HELP = "A run. 1 to 4 choose the plot; tab moves between plots and log; escape goes back."

    def __init__(self, follower: Follower, machine: Machine) -> None:
        super().__init__()
        self.follower = follower
        self._machine = machine
        self._what = ""  # the plot that the user has chosen
        self._smooth = 0
        self._log_axis = False
        self._drawn = -1
        self._lines = 0  # of the log, written so far
        self._wrapped = 0  # the width that they were wrapped to
        self._live = False

    def compose(self) -> ComposeResult:
        """State first, keys last."""
        yield Heading()
        yield Bars(4)
        with Horizontal(id="plots"):
            yield Plot(id="first")
            yield Plot(id="second")
        yield Line(id="machine")
        yield RichLog(max_lines=2000, wrap=True, min_width=0, id="log")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Begin to draw."""
        self.query_one("#first", Plot).focus()
        self.set_interval(DRAW_S, self._tick)
        self.set_interval(MACHINE_S, self._look_at_machine)
        self._look_at_machine()
        self._tick()

    def on_resize(self) -> None:
        self._draw()

    def _tick(self) -> None:
        if self.follower.view.version != self._drawn and self.is_active:
            self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Detaching from a run that has ended would only leave the app."""
        return action != "detach" or self.follower.view.live

    def _draw(self) -> None:
        view = self.follower.view
        self._drawn = view.version
        if view.live != self._live:
            self._live = view.live
            self.refresh_bindings()
        with self.app.batch_update():
            self.query_one(Heading).say(heading(view), view.state)
            self.query_one(Bars).show(bars(view))
            self._plot(view)
            self._write(view.history)

    def _plot(self, view: View) -> None:
        smooth = SMOOTHING[self._smooth]
        first = self._what or ("loss" if view.history.trains else "sweep")
        second = self.query_one("#second", Plot)
        second.display = self.size.width >= WIDE and (view.history.trains or first != "sweep")
        if self.maximized is second and not second.display:
            self.minimize()  # or the screen would be empty
        beside = "sweep" if not view.history.trains else "loss" if first == "top1" else "top1"
        for name, what in (("#first", first), ("#second", beside)):
            plot = self.query_one(name, Plot)
            if plot.display:
                plot.show(plot_spec(what, view, smooth=smooth, log=self._log_axis))

    def _write(self, history: RunHistory) -> None:
        log = self.query_one(RichLog)
        if log.size.width != self._wrapped:  # lines are wrapped once, when they are written
            self._wrapped = log.size.width
            self._lines = max(
                history.lines_before, history.lines_before + len(history.lines) - REWRITTEN
            )
            log.clear()
        new = history.lines_before + len(history.lines) - self._lines
        if new > 0:
            for text in history.lines[-new:]:
                log.write(Text(text))
            self._lines += new

    def _look_at_machine(self) -> None:
        if self.is_active:
            self._read_machine()

    @work(thread=True, exclusive=True, exit_on_error=False, group="machine")
    def _read_machine(self) -> None:
        text = self._machine.line(self.follower.run.path.parent)
        self.app.call_from_thread(self.query_one("#machine", Line).say, text)

    def action_plot(self, what: str) -> None:
        """Show this plot first."""
        self._what = what
        self._draw()

    def action_smooth(self) -> None:
        """More smoothing, then none again."""
        self._smooth = (self._smooth + 1) % len(SMOOTHING)
        self.notify(f"smoothing {SMOOTHING[self._smooth]:g}", timeout=2)
        self._draw()

    def action_log(self) -> None:
        """Linear or logarithmic."""
        self._log_axis = not self._log_axis
        self._draw()

    def action_pause(self) -> None:
        """Pause, or go on."""
        paused = self.follower.view.state == "paused"
        self._ask("unpause" if paused else "pause")

    def action_stop(self) -> None:
        """Stop after the current batch."""
        self._ask("stop")

    def _ask(self, what: What) -> None:
        self.post_message(messages.ControlRun(self.follower.run, what))

    def action_detach(self) -> None:
        """Leave; the run is a process of its own."""
        self.app.exit(0)

    def action_results(self) -> None:
        """The models so far."""
        self.post_message(messages.ShowResults((self.follower.run,)))

    def action_prune(self) -> None:
        """Try pruning the model."""
        self.post_message(messages.PruneModel(self.follower.run))

    def action_tensorboard(self) -> None:
        """Serve the run's TensorBoard files."""
        self.post_message(messages.OpenTensorBoard(self.follower.run))


def heading(view: View) -> str:
    """The first line: state before all else, so that it survives a narrow terminal."""
    if view.trouble:
        return one_line(view.trouble)
    text = f"{view.state}"
    known = view.status
    if view.live:
        text += f" {100 * known.fraction:.0f} %"
        text += f", {span(known.eta_s)} left" if known.eta_s is not None else ""
    elif known.started:
        worked_s = view.history.worked_s or max(0.0, known.heartbeat - known.started)
        text += f" after {span(worked_s)}"
    if view.reason:
        text += f": {view.reason}"
    where = f"  {known.process.host}" if known.process.host else ""
    device = f" on {view.history.device}" if view.history.device else ""
    return one_line(f"{text}  {view.run.name}{where}{device}")


def bars(view: View) -> tuple[Bar, ...]:
    """The run, its rate or point, its epoch, its batch; as far as the unit has them."""
    known = view.status
    if not view.version or view.trouble:
        return ()
    left = f", {span(known.eta_s)} left" if known.eta_s is not None else ""
    made = [Bar("run", known.fraction, f"{100 * known.fraction:.0f} %{left}{_spent(known, view)}")]
    within = known.done / known.total if view.live and known.total else 0.0
    nested: list[Bar] = []
    for place in reversed(view.history.places(known.unit)):
        within = (place.number - 1 + within) / place.of if view.live else place.number / place.of
        if place.of > 1:
            nested.insert(0, Bar(place.what, within, f"{place.number}/{place.of}"))
    made += nested
    if view.live and known.total:
        text = f"{known.done}/{known.total} {_figures(known)}"
        made.append(Bar("batch", known.done / known.total, text.strip()))
    elif view.live:
        made.append(Bar("", 0.0, f"{one_line(known.unit)}: warming up"))
    return tuple(made)


def _spent(known: Status, view: View) -> str:
    return f", {span(max(0.0, time.time() - known.started))} so far" if view.live else ""


def _figures(known: Status) -> str:
    figures = {name: value for name, value in known.figures.items() if value is not None}
    texts = [
        f"loss {figures['loss']:.3g}" if "loss" in figures else "",
        f"top-1 {percent(figures['top1'])} %" if "top1" in figures else "",
        f"{figures['img_per_s']:.0f} images/s" if "img_per_s" in figures else "",
    ]
    return ", ".join(text for text in texts if text)
