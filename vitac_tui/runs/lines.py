"""An event as one line of plain text, for a console without a screen and for `follow`."""

from __future__ import annotations

import time
from collections.abc import Iterable

from vitac_tui.errors import counted, one_line, some
from vitac_tui.experiment.prune import kind_of
from vitac_tui.runs import events
from vitac_tui.runs.metrics import PART, has_few_groups, whole
from vitac_tui.runs.numbers import number, percent, points
from vitac_tui.runs.rows import DatasetRow, ModelRow, ScoresSummary
from vitac_tui.runs.selection import row_of, rule


def line(record: events.Record) -> str:
    """Return the line of a record, with its time; "" for events that only programs need."""
    text = _text(record)
    clock = time.strftime("%H:%M:%S", time.localtime(record.t))
    return one_line(f"{clock} {text}") if text else ""


def _text(record: events.Record) -> str:
    event = record.event
    match event:
        case events.RunStarted():
            return f"run {event.run} on {event.device} in {event.precision}"
        case events.RunResumed():
            return f"resumed after event {event.rewind_to}"
        case events.DatasetReady():
            return _dataset(event.dataset)
        case events.EpochFinished():
            return _epoch(event, record.unit)
        case events.TrainingFinished(row=row):
            return (
                f"learning rate {row['learning_rate']:g}: {row['state']} after "
                f"{counted(row['epochs'], 'epoch')}, "
                f"{row['wall_s']:.1f} s, {row['img_per_s']:.0f} images/s"
            )
        case events.ModelEvaluated(row=row):
            return (
                f"{row['id']}: {_scored(row['eval'])}; {row['valid_weights']:,} valid weights"
                f"{' (masked, not removed)' if masked(row) else ''}, "
                f"{row['macs'] / 1e9:.3f} GMACs"
            )
        case events.Selected():
            what = event.what.replace("_", " ")
            why = rule(row_of(event))
            return f"{event.variant}: selected {what} {event.row} on {event.split}: {why}"
        case events.TestEvaluated(id=row_id, test=test):
            return f"{row_id}: {_scored(test)}{lost_classes(test)}"
        case events.Note():
            return f"{event.level}: {event.text}"
        case events.RequestAnswered():
            return f"{event.request} requested by {event.by}: {event.answer}"
        case events.RunEnded():
            reason = f": {event.reason}" if event.reason else ""
            return f"{event.state} after {event.wall_s:.1f} s{reason}"
        case _:
            return ""


def _dataset(dataset: DatasetRow) -> str:
    counts = ", ".join(f"{count} {split}" for split, count in dataset["images"].items())
    said = [*dataset.get("marks", ()), dataset["verdict"], *dataset["warnings"]]
    return "; ".join(
        [f"{counted(dataset['classes'], 'class', 'classes')}, images: {counts}", *said]
    )


def _epoch(event: events.EpochFinished, unit: str) -> str:
    where = unit.rpartition("/epoch/")[0]
    text = (
        f"{where} epoch {event.epoch}/{event.epochs}: "
        f"loss {number(event.train['loss'])}, top-1 {percent(event.train['top1'])}"
    )
    if event.val is not None:
        text += f"; validation {number(event.val['loss'])}, {percent(event.val['top1'])}"
    return f"{text}; {event.img_per_s:.0f} images/s"


def _scored(scores: ScoresSummary) -> str:
    against = against_dense(scores)
    text = f"{scores['split']} top-1 {interval(scores)}"
    if against != "-":
        text += f", {against} points against dense"
    return text + (f", {found}" if (found := stopped(scores)) else "")


def masked(row: ModelRow) -> bool:
    """Return whether a step of the model masked weights, which removes none of them."""
    return any(kind_of(step) == "masks" for step in row["steps"])


def interval(scores: ScoresSummary) -> str:
    """Return top-1 and its 95 % interval, in per cent; marked if scoring stopped early."""
    ends = _ends(scores, percent(scores["top1_low"]), percent(scores["top1_high"]))
    return f"{percent(scores['top1'])} {ends}{f' {PART}' if stopped(scores) else ''}"


def _ends(scores: ScoresSummary, low: str, high: str) -> str:
    """Return the ends of an interval, without decimals if it rests on few groups."""
    if has_few_groups(scores):
        low, high = whole(low), whole(high)
    return f"[{low}, {high}]"


def stopped(scores: ScoresSummary) -> str:
    """Return after how many images scoring stopped and why; "" if all images were scored."""
    found = scores.get("stopped")
    if not found:
        return ""
    return f"stopped after {scores['images']:,} of {found['of']:,} images: {found['why']}"


def stops(models: Iterable[ModelRow]) -> str:
    """Return the footnote to `PART`: the rows scored on a part of the images; "" without any."""
    rows = [row for row in models if stopped(row["eval"])]
    if not rows:
        return ""
    scores = rows[0]["eval"]
    after = ", ".join(f"{row['id']} after {row['eval']['images']:,}" for row in rows)
    of, why = scores["stopped"]["of"], scores["stopped"]["why"]
    return f"{PART} scored on a part of the {of:,} images: {after}. {why[:1].upper()}{why[1:]}"


def vote(scores: ScoresSummary) -> str:
    """Return top-1 by majority vote and its 95 % interval, in per cent; "-" without groups."""
    found = scores.get("vote")
    if not found:
        return "-"
    return (
        f"{percent(found['top1'])} {_ends(scores, percent(found['low']), percent(found['high']))}"
    )


def against_dense(scores: ScoresSummary) -> str:
    """Return the paired change of top-1 in percentage points; "-" for the dense model."""
    found = scores.get("against_dense")
    if not found:
        return "-"
    ends = _ends(scores, points(found["low"]), points(found["high"]))
    return f"{points(found['difference'])} {ends}"


def lost_classes(scores: ScoresSummary) -> str:
    """Return the classes that a pruned model lost, worst first; "" if it lost none."""
    against = scores.get("against_dense")
    found = against["lost_classes"] if against else []
    named = some(f"{c['class']} ({percent(c['dense'])} to {percent(c['pruned'])} %)" for c in found)
    return f"; loses {'class' if len(found) == 1 else 'classes'} {named}" if found else ""
