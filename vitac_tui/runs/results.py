"""The results of a run: the content of `results.json`, computed from the event log."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from vitac_tui.runs import events
from vitac_tui.runs.jsontext import document, plain
from vitac_tui.runs.log import LogReader
from vitac_tui.runs.rows import DatasetRow, ModelRow, SeedsRow, SelectedRow, TrainingRow
from vitac_tui.runs.seeds import over_seeds
from vitac_tui.runs.selection import row_of

SCHEMA = 1
LARGEST = 64_000_000  # bytes of a `results.json`; a row with 1,000 classes takes 4 MB


@dataclass(frozen=True)
class Results:
    """What `results.json` holds; `design` names of fields are a contract with scripts.

    Attributes:
        dataset: what the images are and what was found in them; None before they are read.
        training: a row per seed and learning rate, never with test figures.
        models: a row per evaluated model, in the order of the experiment, dense first.
        selected: what was chosen, by which rule and on which split.
        over_seeds: once the run has ended, mean and spread of what several seeds repeated.
    """

    run: str
    state: str = "running"
    dataset: DatasetRow | None = None
    training: tuple[TrainingRow, ...] = ()
    models: tuple[ModelRow, ...] = ()
    selected: tuple[SelectedRow, ...] = ()
    over_seeds: tuple[SeedsRow, ...] = ()
    schema: int = SCHEMA

    def document(self) -> bytes:
        """Return the content of `results.json`."""
        return document({**plain(self), "dataset": self.dataset or {}})

    def model(self, model_id: str) -> ModelRow:
        """Return the row of one model. Raises KeyError."""
        for row in self.models:
            if row["id"] == model_id:
                return row
        raise KeyError(model_id)


class Projection:
    """The results that a log amounts to, folded event by event.

    The log is the truth and this its summary: after each record it is what the records so far
    come to, whether they were taken at once or one by one.
    """

    def __init__(self, run: str) -> None:
        self.results = Results(run)
        self._steps: list[tuple[int, Results]] = []  # `seq` of what changed them, and from what

    def take(self, record: events.Record) -> None:
        """Fold in the next record of the log."""
        if isinstance(record.event, events.RunResumed):
            while self._steps and self._steps[-1][0] > record.event.rewind_to:
                self.results = self._steps.pop()[1]
        after = _with(self.results, record.event)
        if after is not self.results:
            self._steps.append((record.seq, self.results))
            self.results = after


def project(run: str, records: Iterable[events.Record]) -> Results:
    """The results of a whole log."""
    projection = Projection(run)
    for record in records:
        projection.take(record)
    return projection.results


class Tally:
    """The results of a log that grows: each look reads only what was added since the last.

    Safe to use from several threads.
    """

    def __init__(self, run: str, log: Path) -> None:
        self._projection = Projection(run)
        self._reader = LogReader(log)
        self._lock = threading.Lock()

    def now(self) -> Results:
        """The results so far, as they would be read back from the disk."""
        with self._lock:
            for record in self._reader.new():
                self._projection.take(record)
            return self._projection.results


def _with(results: Results, event: events.Event) -> Results:
    match event:
        case events.DatasetReady():
            return replace(results, dataset=event.dataset)
        case events.TrainingFinished():
            return replace(results, training=(*results.training, event.row))
        case events.ModelEvaluated():
            return replace(results, models=(*results.models, event.row))
        case events.TestEvaluated():
            tested = tuple(_tested(row, event) for row in results.models)
            return replace(results, models=tested)
        case events.Selected():
            return replace(results, selected=(*results.selected, row_of(event)))
        case events.RunEnded():
            repeated = over_seeds(results.models, results.selected)
            return replace(results, state=event.state, over_seeds=repeated)
        case events.RunResumed():
            return replace(results, state="running", over_seeds=())
        case _:
            return results


def _tested(row: ModelRow, event: events.TestEvaluated) -> ModelRow:
    return {**row, "test": event.test} if row["id"] == event.id else row


def effective(records: Iterable[events.Record]) -> list[events.Record]:
    """The log without what a resume took back.

    `run_resumed {rewind_to}` supersedes every earlier event with a larger `seq`: their work is
    done again.
    """
    kept: list[events.Record] = []
    for record in records:
        if isinstance(record.event, events.RunResumed):
            rewind_to = record.event.rewind_to
            while kept and kept[-1].seq > rewind_to:
                kept.pop()
        kept.append(record)
    return kept
