"""The console of a foreground run: live bars on a terminal, plain lines without one."""

from __future__ import annotations

from typing import TextIO

from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from vitac_tui.console.tables import console
from vitac_tui.errors import one_line
from vitac_tui.runs import events
from vitac_tui.runs.lines import line
from vitac_tui.runs.numbers import percent
from vitac_tui.runs.progress import Snapshot
from vitac_tui.runs.status import span

LINES_OF_TERMINAL = (
    events.RunStarted,
    events.RunResumed,
    events.DatasetReady,
    events.EpochFinished,
    events.ModelEvaluated,
    events.Selected,
    events.TestEvaluated,
    events.Note,
)


class RunConsole:
    """Shows a run on a stream that never fails, as stderr is here (see `streams`)."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console = console(stream)
        self._live = stream.isatty() and not quiet
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[text]}"),
            console=self._console,
            auto_refresh=False,
            transient=True,
        )
        self._run: TaskID | None = None
        self._unit: TaskID | None = None

    def start(self) -> None:
        """Begin to draw."""
        if self._live:
            self._bars.start()
            self._run = self._bars.add_task("run", total=1.0, text="warming up")
            self._unit = self._bars.add_task("", total=None, text="")

    def stop(self) -> None:
        """Leave the terminal as it was."""
        if self._live:
            self._bars.stop()

    def watch(self, record: events.Record) -> None:
        """Print what an event says."""
        if self._quiet:
            return
        text = line(record)
        if text and (not self._live or isinstance(record.event, LINES_OF_TERMINAL)):
            # A terminal wraps at words; in a file a record stays one line.
            self._console.print(Text(text), soft_wrap=not self._live)

    def tick(self, snapshot: Snapshot) -> None:
        """Move the bars; called ten times a second, drawn at most so often."""
        if not self._live or self._run is None or self._unit is None:
            return
        left = f", {span(snapshot.eta_s)} left" if snapshot.eta_s is not None else ""
        self._bars.update(
            self._run,
            completed=snapshot.fraction,
            text=f"{100 * snapshot.fraction:3.0f} %{left}",
        )
        self._bars.update(
            self._unit,
            description=one_line(snapshot.unit),
            completed=snapshot.done,
            total=snapshot.total or None,
            text=_figures(snapshot),
        )
        self._bars.refresh()


def _figures(snapshot: Snapshot) -> str:
    """`6/13 loss 1.96, top-1 20.3 %, 107 images/s`, as far as a loop reports them."""
    known = snapshot.figures
    texts = [
        f"loss {known['loss']:.3g}" if "loss" in known else "",
        f"top-1 {percent(known['top1'])} %" if "top1" in known else "",
        f"{known['img_per_s']:.0f} images/s" if "img_per_s" in known else "",
    ]
    done = f"{snapshot.done}/{snapshot.total}" if snapshot.total else ""
    return f"{done} {', '.join(text for text in texts if text)}".strip()
