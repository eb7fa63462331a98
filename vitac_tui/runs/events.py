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
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, get_args

from vitac_tui.runs import jsontext

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
    dataset: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """The units to come, in order, with their expected work in images passed forward."""

    kind: ClassVar[str] = "plan"
    units: list[list[Any]]  # [name, weight]


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
    train: dict[str, Any]  # loss, top1
    val: dict[str, Any] | None  # loss, top1
    wall_s: float
    img_per_s: float


@dataclass(frozen=True, slots=True)
class TrainingFinished:
    """A row of `training`."""

    kind: ClassVar[str] = "training_finished"
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModelEvaluated:
    """A row of `models`, without test."""

    kind: ClassVar[str] = "model_evaluated"
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Selected:
    """Something was chosen; `row` is an id (amount), a rate or an epoch."""

    kind: ClassVar[str] = "selected"
    what: str  # learning_rate | epoch | amount
    variant: str
    seed: int
    row: Any
    rule: str
    split: str


@dataclass(frozen=True, slots=True)
class TestEvaluated:
    """The test figures of a row; only after every choice was sealed."""

    __test__: ClassVar[bool] = False  # not for pytest
    kind: ClassVar[str] = "test_evaluated"
    id: str
    test: dict[str, Any]


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
    """A kind from a newer version, or a line with missing fields."""

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
_ENVELOPE = ("t", "seq", "kind", "unit")


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
        t, seq, name = float(data["t"]), int(data["seq"]), str(data["kind"])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    unit = str(data.get("unit", ""))
    payload = {key: value for key, value in data.items() if key not in _ENVELOPE}
    kind = GRAMMAR.get(name)
    if kind is None:
        return Record(t, seq, unit, Unknown(name, payload))
    known = fields(kind)
    required = {f.name for f in known if f.default is MISSING and f.default_factory is MISSING}
    if not required <= payload.keys():
        return Record(t, seq, unit, Unknown(name, payload))
    given = {f.name: payload[f.name] for f in known if f.name in payload}
    return Record(t, seq, unit, kind(**given))
