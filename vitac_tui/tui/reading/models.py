"""The evaluated models of one or several runs, for comparison."""

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
    """A row of `results.json`, with the properties of its run that the table needs."""

    run: RunDir
    id: str
    row: ModelRow
    class_names: tuple[str, ...]
    dataset: str  # fingerprint; metrics of different datasets are not comparable
    chosen: bool
    caveats: str = ""  # reasons not to take its metrics at face value

    @property
    def stopped(self) -> str:
        """Return why scoring stopped early; "" if all images were scored."""
        return stopped(self.row["eval"])

    @property
    def top1(self) -> float:
        """Return top-1 on the split that all rows are scored on."""
        return float(self.row["eval"]["top1"])

    def is_dense_of(self, pruned: ModelView) -> bool:
        """Tell whether this is the dense model that `pruned` was made from: same run, same seed."""
        own, other = self.row, pruned.row
        return self.run == pruned.run and own["variant"] == "dense" and own["seed"] == other["seed"]

    @property
    def test(self) -> float | None:
        """Return top-1 on the test split; None if the model was not tested."""
        test = self.row["test"]
        return float(test["top1"]) if test else None


def models(run: RunDir, results: Results) -> list[ModelView]:
    """Return the models of a run, in the order of its experiment."""
    chosen = {str(choice["row"]) for choice in results.selected if choice["what"] == "amount"}
    dataset = results.dataset
    names = tuple(dataset.get("class_names", ())) if dataset else ()
    data = dataset["fingerprint"] if dataset else ""
    shared = model_caveats(results)
    found = []
    for row in results.models:
        own = [stopped(row["eval"])] if stopped(row["eval"]) else []
        caveats = "; ".join([*shared, *own])
        found.append(
            ModelView(run, str(row["id"]), row, names, data, str(row["id"]) in chosen, caveats)
        )
    return found


COLUMNS = tuple(metric for metric in METRICS if metric.heading)
AXES = tuple(metric for metric in METRICS if metric.axis)  # costs to plot accuracy against


def front(found: Iterable[ModelView], axis: Metric) -> list[ModelView]:
    """Return the Pareto front: models for which no other is as cheap and more accurate."""
    costs = [(axis.value(model.row), model) for model in fully_evaluated(found)]
    priced = [(cost, model) for cost, model in costs if cost is not None]
    best = -1.0
    made = []
    for _, model in sorted(priced, key=lambda pair: (pair[0], -pair[1].top1)):
        if model.top1 > best:
            best = model.top1
            made.append(model)
    return made


def fully_evaluated(found: Iterable[ModelView]) -> list[ModelView]:
    """Return the models scored on all images; accuracies of the others are not comparable."""
    return [model for model in found if not model.stopped]


OF_MODEL = ("run", "id", "variant", "rung", "amount", "chosen", "split")


def as_csv(found: Sequence[ModelView]) -> str:
    """Return the models as CSV, with unrounded metrics."""
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
                model.caveats,
            ]
        )
    return text.getvalue()
