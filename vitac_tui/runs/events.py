"""The event grammar: what a run says, in which order, and how a line of it reads.

    run_started dataset_ready plan
      { unit_started  train_step* epoch_finished? checkpoint_saved?
        training_finished? model_evaluated* selected? test_evaluated?  unit_finished }*
    run_ended

`run_ended` comes last whatever happens, short of a kill. After one (or after a kill) a resume
adds `run_resumed`, which takes back every event with a `seq` above its `rewind_to`. `note` may
come anywhere. A reader skips kinds and fields that it does not know.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, get_args

from vitac_tui.runs import jsontext, rows
from vitac_tui.runs.shape import check_of

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The first event. `experiment` is the digest of what decides the figures."""

    kind: ClassVar[str] = "run_started"
    schema: int
    run: str
    name: str
    experiment: str
    device: str
    precision: str
    seeds: list[int]


@dataclass(frozen=True, slots=True)
class RunResumed:
    """A later process goes on; earlier events with `seq` above `rewind_to` are superseded."""

    kind: ClassVar[str] = "run_resumed"
    rewind_to: int
    reason: str


@dataclass(frozen=True, slots=True)
class DatasetReady:
    """Images are split, decoded and hashed; `dataset` is that of `results.json`."""

    kind: ClassVar[str] = "dataset_ready"
    dataset: rows.DatasetRow


@dataclass(frozen=True, slots=True)
class Plan:
    """The units to come, in order, with their expected work in images passed forward."""

    kind: ClassVar[str] = "plan"
    units: Annotated[list[list[Any]], list[tuple[str, float]]]  # name and weight


@dataclass(frozen=True, slots=True)
class UnitStarted:
    """A unit of work begins."""

    kind: ClassVar[str] = "unit_started"


@dataclass(frozen=True, slots=True)
class UnitFinished:
    """A unit's outcome is on disk and recorded; it is never done again."""

    kind: ClassVar[str] = "unit_finished"
    wall_s: float


@dataclass(frozen=True, slots=True)
class TrainStep:
    """Every so many steps: the mean loss since the last one. `epoch` and `step` count from 1."""

    kind: ClassVar[str] = "train_step"
    epoch: int
    step: int  # of the whole training
    loss: float | None
    learning_rate: float


@dataclass(frozen=True, slots=True)
class EpochFinished:
    """An epoch's figures; `train` is measured while training, `val` after it."""

    kind: ClassVar[str] = "epoch_finished"
    epoch: int
    epochs: int
    step: int
    train: rows.EpochScores
    val: rows.EpochScores | None
    wall_s: float
    img_per_s: float


@dataclass(frozen=True, slots=True)
class TrainingFinished:
    """A row of `training`."""

    kind: ClassVar[str] = "training_finished"
    row: rows.TrainingRow


@dataclass(frozen=True, slots=True)
class ModelEvaluated:
    """A row of `models`, without test."""

    kind: ClassVar[str] = "model_evaluated"
    row: rows.ModelRow


@dataclass(frozen=True, slots=True)
class Selected:
    """A learning rate, epoch or amount was selected; a row of `selected` in `results.json`."""

    kind: ClassVar[str] = "selected"
    what: str
    variant: str
    seed: int
    row: str | float
    rule: str
    split: str
    rule_name: str = ""
    met: bool | None = None
    strict: bool | None = None
    error: float | None = None
    groups: int | None = None
    groups_needed: int | None = None
    max_drop: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    images: int | None = None
    images_needed: int | None = None
    search: rows.SearchRow | None = None


@dataclass(frozen=True, slots=True)
class TestEvaluated:
    """The test figures of a row; only after every choice was sealed."""

    __test__: ClassVar[bool] = False  # not for pytest
    kind: ClassVar[str] = "test_evaluated"
    id: str
    test: rows.ScoresRow


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """The state to resume from was written."""

    kind: ClassVar[str] = "checkpoint_saved"
    epoch: int
    step: int
    bytes: int
    wall_s: float


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth a line: level is info or warning."""

    kind: ClassVar[str] = "note"
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """A request from `control/` (or a signal) was seen: who asked for what, and what came of it."""

    kind: ClassVar[str] = "request_answered"
    id: str
    request: str
    by: str
    answer: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The last event of a process: state is finished, failed or stopped."""

    kind: ClassVar[str] = "run_ended"
    state: str
    reason: str
    exit_code: int
    wall_s: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """A kind from a newer version, or a line whose fields are missing or of other types."""

    kind: ClassVar[str] = "unknown"
    name: str
    data: dict[str, Any]


Event = (
    RunStarted
    | RunResumed
    | DatasetReady
    | Plan
    | UnitStarted
    | UnitFinished
    | TrainStep
    | EpochFinished
    | TrainingFinished
    | ModelEvaluated
    | Selected
    | TestEvaluated
    | CheckpointSaved
    | Note
    | RequestAnswered
    | RunEnded
    | Unknown
)
GRAMMAR: dict[str, type[Any]] = {kind.kind: kind for kind in get_args(Event) if kind is not Unknown}
_FIELDS = {name: tuple(f.name for f in fields(kind)) for name, kind in GRAMMAR.items()}
_FITS = {name: check_of(kind) for name, kind in GRAMMAR.items()}
_ENVELOPE = ("t", "seq", "kind", "unit")
_LATEST = 1e11  # unix seconds; what lies beyond the year 5000 is no time that can be shown


@dataclass
class _Envelope:
    t: float
    seq: int
    kind: str
    unit: str = ""


_IS_RECORD = check_of(_Envelope)


@dataclass(frozen=True, slots=True)
class Record:
    """An event with its envelope: unix time, position in the log, and the unit it belongs to."""

    t: float
    seq: int
    unit: str
    event: Event


def to_line(record: Record) -> str:
    """The line of `events.jsonl`, without its line end."""
    event = record.event
    if isinstance(event, Unknown):
        kind, payload = event.name, event.data
    else:
        kind, payload = event.kind, jsontext.plain(event)
    head = {"t": round(record.t, 3), "seq": record.seq, "kind": kind, "unit": record.unit}
    return jsontext.line({**head, **payload})


def from_line(text: str) -> Record | None:
    """The record of a line, or None where the line is not an event at all."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not _IS_RECORD(data) or not 0 <= data["t"] < _LATEST or data["seq"] < 0:
        return None
    name = data["kind"]
    event: Event
    if name in GRAMMAR and _FITS[name](data):
        event = GRAMMAR[name](**{field: data[field] for field in _FIELDS[name] if field in data})
    else:
        event = Unknown(name, {key: data[key] for key in data if key not in _ENVELOPE})
    return Record(data["t"], data["seq"], data.get("unit", ""), event)
