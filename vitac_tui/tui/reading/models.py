"""The evaluated models of one or several runs, side by side."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vitac_tui.runs.caveats import model_caveats
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.lines import stopped
from vitac_tui.runs.metrics import METRICS, Metric, at
from vitac_tui.runs.results import Results
from vitac_tui.runs.rows import ModelRow


@dataclass(frozen=True)
class ModelView:
    """A row of `results.json` with what the table needs of its surroundings."""

    run: RunDir
    id: str
    row: ModelRow
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
        test = self.row["test"]
        return float(test["top1"]) if test else None


def models(run: RunDir, results: Results) -> list[ModelView]:
    """The rows of a run, in the order of its experiment."""
    chosen = {str(choice["row"]) for choice in results.selected if choice["what"] == "amount"}
    dataset = results.dataset
    names = tuple(dataset.get("class_names", ())) if dataset else ()
    data = dataset["fingerprint"] if dataset else ""
    marked = model_caveats(results)
    made = []
    for row in results.models:
        own = [stopped(row["eval"])] if stopped(row["eval"]) else []
        said = "; ".join([*marked, *own])
        made.append(
            ModelView(run, str(row["id"]), row, names, data, str(row["id"]) in chosen, said)
        )
    return made


COLUMNS = tuple(metric for metric in METRICS if metric.heading)
AXES = tuple(metric for metric in METRICS if metric.axis)  # costs that accuracy is set against


def front(found: Iterable[ModelView], axis: Metric) -> list[ModelView]:
    """The Pareto front: models that no other beats in accuracy at the same cost or less."""
    costs = [(axis.value(model.row), model) for model in whole(found)]
    priced = [(cost, model) for cost, model in costs if cost is not None]
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


OF_MODEL = ("run", "id", "variant", "rung", "amount", "chosen", "split")


def as_csv(found: Sequence[ModelView]) -> str:
    """The rows as CSV, with figures in full."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = [(name, key) for metric in METRICS for name, key in metric.columns()]
    writer.writerow((*OF_MODEL, *(name for name, _ in keys), "marks"))
    for model in found:
        row = model.row
        writer.writerow(
            [
                *(model.run.name, model.id, row["variant"], row["rung"], row["amount"]),
                *(int(model.chosen), row["eval"]["split"]),
                *(at(row, key) for _, key in keys),
                model.marks,
            ]
        )
    return text.getvalue()
