"""A run as the screens know it: events folded into curves, rows and lines."""

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

LINES = 2000  # of the log kept for the screen; the file has them all
EPOCH = re.compile(r"(?P<training>.+)/epoch/(?P<number>\d+)")
POINT = re.compile(r"(?P<variant>(?:.*/)?variant/[^/]+)/point/(?P<number>\d+)")
RATE = re.compile(r"(?P<prefix>(?:.*/)?rate)/(?P<number>\d+)")
FIGURES = ("loss", "learning_rate", "train_loss", "val_loss", "train_top1", "val_top1")


@dataclass(frozen=True)
class TrainingCurves:
    """The curves of one training (`rate/0`) or recovery (`variant/b/point/2`), by figure."""

    unit: str
    title: str
    curves: Mapping[str, tuple[Point, ...]]
    epoch: int
    epochs: int


@dataclass(frozen=True)
class Place:
    """Where a unit stands among its like: the second rate of three, the fourth epoch of ten."""

    what: str  # rate | point | epoch
    number: int  # from 1
    of: int


@dataclass(frozen=True)
class Told:
    """Everything of a run's log that a screen shows, at one moment."""

    trainings: tuple[TrainingCurves, ...] = ()
    results: results.Results = field(default_factory=lambda: results.Results(""))
    lines: tuple[str, ...] = ()
    lines_before: int = 0  # lines that came before the first of `lines`
    plan: Mapping[str, float] = field(default_factory=dict)
    device: str = ""
    worked_s: float = 0.0  # without pauses, and without the time between processes

    @property
    def trains(self) -> bool:
        """Whether there is a training or a recovery to plot, or may be one."""
        return not self.plan or bool(self.trainings) or any(map(EPOCH.match, self.plan))

    def places(self, unit: str) -> tuple[Place, ...]:
        """Where a unit of the plan stands, from the widest to the narrowest."""
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
    """How many numbered children a unit has in the plan."""
    start = len(stem) + 1
    return len({unit[start:].split("/")[0] for unit in plan if unit.startswith(f"{stem}/")})


@dataclass
class _Curves:
    title: str
    epoch: int = 0
    epochs: int = 0
    by_figure: dict[str, Curve] = field(default_factory=lambda: {f: Curve() for f in FIGURES})


class Story:
    """Folds events one by one. Not for several threads; what `told` gives is."""

    def __init__(self, run: str) -> None:
        self._trainings: dict[str, _Curves] = {}
        self._projection = results.Projection(run)
        self._lines: deque[str] = deque(maxlen=LINES)
        self._lines_ever = 0
        self._plan: dict[str, float] = {}
        self._device = ""
        self._time = WorkingTime()

    def add(self, record: events.Record) -> None:
        """Take one event in."""
        event, unit = record.event, record.unit
        self._time.add(record)
        match event:
            case events.TrainStep():
                curves = self._of(unit).by_figure
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

    def told(self) -> Told:
        """The moment's picture."""
        return Told(
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
        points = {figure: curve.points() for figure, curve in known.by_figure.items()}
        return TrainingCurves(unit, known.title, points, known.epoch, known.epochs)

    def _of(self, unit: str) -> _Curves:
        match = EPOCH.match(unit)
        training = match["training"] if match else unit
        if training not in self._trainings:
            self._trainings[training] = _Curves(training.replace("variant/", ""))
        return self._trainings[training]

    def _epoch(self, seq: int, unit: str, event: events.EpochFinished) -> None:
        known = self._of(unit)
        known.epoch, known.epochs = event.epoch, event.epochs
        for split, scores in (("train", event.train), ("val", event.val)):
            for figure, value in epoch_items(split, scores):
                known.by_figure[figure].add(seq, event.step, value)

    def _rewind(self, to: int) -> None:
        for known in self._trainings.values():
            for curve in known.by_figure.values():
                curve.rewind(to)
