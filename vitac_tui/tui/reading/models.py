"""The evaluated models of one or several runs, side by side."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vitac_tui.runs.caveats import model_caveats
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.lines import against_dense, interval, number, percent, stopped
from vitac_tui.runs.results import Results


@dataclass(frozen=True)
class ModelView:
    """A row of `results.json` with what the table needs of its surroundings."""

    run: RunDir
    id: str
    row: dict[str, Any]
    class_names: tuple[str, ...]
    dataset: str  # fingerprint: figures of different data do not compare
    chosen: bool
    marks: str = ""  # why its figures are not what they seem to be

    @property
    def stopped(self) -> str:
        """Why its figures are of a part of the images; "" where they are of all."""
        return stopped(self.row["eval"])

    @property
    def top1(self) -> float:
        """On the split that rows are scored on."""
        return float(self.row["eval"]["top1"])

    def is_dense_of(self, pruned: ModelView) -> bool:
        """Whether the other is this network, pruned: same run, same seed."""
        own, other = self.row, pruned.row
        return self.run == pruned.run and own["variant"] == "dense" and own["seed"] == other["seed"]

    @property
    def test(self) -> float | None:
        """Top-1 on test, where the row was chosen to be tested."""
        test = self.row.get("test")
        return float(test["top1"]) if test else None

    def latency_ms(self, number: int) -> float | None:
        """Median latency of the first (batch 1) or second (batch N) measurement."""
        measured = self.row.get("latency") or []
        return float(measured[number]["median_ms"]) if len(measured) > number else None


def models(run: RunDir, results: Results) -> list[ModelView]:
    """The rows of a run, in the order of its experiment."""
    chosen = {str(choice["row"]) for choice in results.selected if choice["what"] == "amount"}
    names = tuple(str(name) for name in results.dataset.get("class_names", ()))
    data = str(results.dataset.get("fingerprint", ""))
    marked = model_caveats(results)
    made = []
    for row in results.models:
        own = [stopped(row["eval"])] if stopped(row["eval"]) else []
        said = "; ".join([*marked, *own])
        made.append(
            ModelView(run, str(row["id"]), row, names, data, str(row["id"]) in chosen, said)
        )
    return made


@dataclass(frozen=True)
class Column:
    """A column of the table; narrow terminals drop those further right."""

    title: str
    text: Callable[[ModelView], str]


def _ms(model: ModelView, which: int) -> str:
    value = model.latency_ms(which)
    return "-" if value is None else f"{value:.1f}"


COLUMNS = (
    Column("top-1 % [95 %]", lambda m: interval(m.row["eval"])),
    Column("valid weights", lambda m: f"{m.row['valid_weights']:,}"),
    Column("test %", lambda m: percent(m.test)),
    Column("against dense", lambda m: against_dense(m.row["eval"])),
    Column("GMACs", lambda m: f"{m.row['macs'] / 1e9:.3f}"),
    Column("ms at 1", lambda m: _ms(m, 0)),
    Column("loss", lambda m: number(m.row["eval"]["loss"])),
    Column("parameters", lambda m: f"{m.row['parameters']:,}"),
    Column("MB", lambda m: f"{m.row['bytes'] / 1e6:.1f}"),
    Column("ms at N", lambda m: _ms(m, 1)),
    Column("top-5 %", lambda m: percent(m.row["eval"]["top5"])),
)


@dataclass(frozen=True)
class Axis:
    """A cost that accuracy is set against."""

    name: str
    unit: str
    value: Callable[[ModelView], float | None]


AXES = (
    Axis("valid weights", "weights", lambda m: float(m.row["valid_weights"])),
    Axis("MACs", "MACs", lambda m: float(m.row["macs"])),
    Axis("latency at batch 1", "ms", lambda m: m.latency_ms(0)),
    Axis("size on disk", "bytes", lambda m: float(m.row["bytes"])),
)


def front(found: Iterable[ModelView], axis: Axis) -> list[ModelView]:
    """The Pareto front: models that no other beats in accuracy at the same cost or less."""
    priced = [(cost, model) for model in whole(found) if (cost := axis.value(model)) is not None]
    best = -1.0
    made = []
    for _, model in sorted(priced, key=lambda pair: (pair[0], -pair[1].top1)):
        if model.top1 > best:
            best = model.top1
            made.append(model)
    return made


def whole(found: Iterable[ModelView]) -> list[ModelView]:
    """The models that were scored on all images: the others' accuracies do not compare."""
    return [model for model in found if not model.stopped]


OF_MODEL = ("run", "id", "variant", "rung", "amount", "chosen")
OF_SCORES = ("split", "top1", "top1_low", "top1_high", "top5", "loss")
OF_CHANGE = ("difference", "low", "high", "p")  # of top-1 against the dense model, paired
OF_COST = ("parameters", "valid_weights", "nonzero", "macs", "bytes")
OF_LATENCY = ("latency_1_ms", "latency_n_ms")


def as_csv(found: Sequence[ModelView]) -> str:
    """The rows as CSV, with figures in full."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    changes = (f"against_dense_{name}" for name in OF_CHANGE)
    writer.writerow((*OF_MODEL, *OF_SCORES, *changes, "test_top1", *OF_COST, *OF_LATENCY, "marks"))
    for model in found:
        row = model.row
        change = row["eval"].get("against_dense") or {}
        writer.writerow(
            [
                *(model.run.name, model.id, row["variant"], row["rung"], row.get("amount")),
                int(model.chosen),
                *(row["eval"][key] for key in OF_SCORES),
                *(change.get(key) for key in OF_CHANGE),
                model.test,
                *(row[key] for key in OF_COST),
                *(model.latency_ms(number) for number in range(len(OF_LATENCY))),
                model.marks,
            ]
        )
    return text.getvalue()
