"""The history of a run: its events as curves, results and lines of text."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from vitac_tui.runs import events, results
from vitac_tui.runs.lines import line
from vitac_tui.runs.rows import epoch_items
from vitac_tui.tui.reading.curves import Curve, Point
from vitac_tui.tui.reading.working_time import WorkingTime

LINES = 2000  # lines of the log kept for the screen
EPOCH = re.compile(r"(?P<training>.+)/epoch/(?P<number>\d+)")
POINT = re.compile(r"(?P<variant>(?:.*/)?variant/[^/]+)/point/(?P<number>\d+)")
RATE = re.compile(r"(?P<prefix>(?:.*/)?rate)/(?P<number>\d+)")
METRICS = ("loss", "learning_rate", "train_loss", "val_loss", "train_top1", "val_top1")


@dataclass(frozen=True)
class TrainingCurves:
    """The curves of one training (`rate/0`) or recovery (`variant/b/point/2`), by metric."""

    unit: str
    title: str
    curves: Mapping[str, tuple[Point, ...]]
    epoch: int
    epochs: int


@dataclass(frozen=True)
class Place:
    """The position of a unit among its siblings, such as the second rate of three."""

    what: str  # rate | point | epoch
    number: int  # from 1
    of: int


@dataclass(frozen=True)
class RunHistory:
    """What screens show of a run's log, at one moment."""

    trainings: tuple[TrainingCurves, ...] = ()
    results: results.Results = field(default_factory=lambda: results.Results(""))
    lines: tuple[str, ...] = ()
    lines_before: int = 0  # how many lines precede `lines`
    plan: Mapping[str, float] = field(default_factory=dict)
    device: str = ""
    worked_s: float = 0.0  # without pauses and the time between processes

    @property
    def trains(self) -> bool:
        """Tell whether there is, or may be, a training or a recovery to plot."""
        return not self.plan or bool(self.trainings) or any(map(EPOCH.match, self.plan))

    def places(self, unit: str) -> tuple[Place, ...]:
        """Return the positions of a unit in the plan, the outermost first."""
        found = []
        for what, pattern in (("rate", RATE), ("point", POINT), ("epoch", EPOCH)):
            match = pattern.match(unit)
            if match is None:
                continue
            stem = match[1] if what == "rate" else f"{match[1]}/{what}"
            of = _many(self.plan, stem)
            if of:
                first = 0 if what == "epoch" else 1  # epochs count from 1 already
                found.append(Place(what, int(match["number"]) + first, of))
        return tuple(found)


def _many(plan: Mapping[str, float], stem: str) -> int:
    """Count the numbered children of a unit in the plan."""
    start = len(stem) + 1
    return len({unit[start:].split("/")[0] for unit in plan if unit.startswith(f"{stem}/")})


@dataclass
class _Curves:
    title: str
    epoch: int = 0
    epochs: int = 0
    by_metric: dict[str, Curve] = field(default_factory=lambda: {name: Curve() for name in METRICS})


class HistoryBuilder:
    """Collects events one by one. Only snapshots may be shared between threads."""

    def __init__(self, run: str) -> None:
        self._trainings: dict[str, _Curves] = {}
        self._projection = results.Projection(run)
        self._lines: deque[str] = deque(maxlen=LINES)
        self._lines_ever = 0
        self._plan: dict[str, float] = {}
        self._device = ""
        self._time = WorkingTime()

    def add(self, record: events.Record) -> None:
        """Process one event."""
        event, unit = record.event, record.unit
        self._time.add(record)
        match event:
            case events.TrainStep():
                curves = self._curves(unit).by_metric
                curves["loss"].add(record.seq, event.step, event.loss)
                curves["learning_rate"].add(record.seq, event.step, event.learning_rate)
                return
            case events.UnitFinished():
                return
            case events.EpochFinished():
                self._epoch(record.seq, unit, event)
            case events.RunStarted():
                self._device = event.device
            case events.Plan():
                self._plan = dict(event.units)
            case events.RunResumed():
                self._rewind(event.rewind_to)
        self._projection.take(record)
        text = line(record)
        if text:
            self._lines.append(text)
            self._lines_ever += 1

    def snapshot(self) -> RunHistory:
        """Return the history so far."""
        return RunHistory(
            trainings=tuple(self._frozen(unit) for unit in self._trainings),
            results=self._projection.results,
            lines=tuple(self._lines),
            lines_before=self._lines_ever - len(self._lines),
            plan=self._plan,
            device=self._device,
            worked_s=self._time.seconds,
        )

    def _frozen(self, unit: str) -> TrainingCurves:
        known = self._trainings[unit]
        points = {name: curve.points() for name, curve in known.by_metric.items()}
        return TrainingCurves(unit, known.title, points, known.epoch, known.epochs)

    def _curves(self, unit: str) -> _Curves:
        match = EPOCH.match(unit)
        training = match["training"] if match else unit
        if training not in self._trainings:
            self._trainings[training] = _Curves(training.replace("variant/", ""))
        return self._trainings[training]

    def _epoch(self, seq: int, unit: str, event: events.EpochFinished) -> None:
        known = self._curves(unit)
        known.epoch, known.epochs = event.epoch, event.epochs
        for split, scores in (("train", event.train), ("val", event.val)):
            for name, value in epoch_items(split, scores):
                known.by_metric[name].add(seq, event.step, value)

    def _rewind(self, to: int) -> None:
        for known in self._trainings.values():
            for curve in known.by_metric.values():
                curve.rewind(to)
