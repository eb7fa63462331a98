"""The plots of a run, from what its log tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vitac_tui.runs.results import Results
from vitac_tui.tui.plot.canvas import Curve
from vitac_tui.tui.plot.layout import Line, Picture
from vitac_tui.tui.reading.curves import smoothed
from vitac_tui.tui.reading.story import Told, Training

MOST_TRAININGS = 6  # overlaid; the latest win
TITLES = {
    "loss": "loss",
    "top1": "top-1 %",
    "rate": "learning rate",
    "sweep": "top-1 % on validation against the amount",
}


def picture(what: str, told: Told, *, smooth: float = 0.0, log: bool = False) -> Picture:
    """The plot called `what`: loss, top1, rate or sweep."""
    trainings = _with_points(told.trainings)
    if what == "loss":
        return _loss(trainings, smooth, log)
    if what == "top1":
        return _top1(trainings)
    if what == "rate":
        return _rate(trainings, log)
    return sweep(told.results)


def _with_points(trainings: Sequence[Training]) -> Sequence[Training]:
    return [training for training in trainings if any(training.curves.values())][-MOST_TRAININGS:]


def _loss(trainings: Sequence[Training], smooth: float, log: bool) -> Picture:
    curves: list[Curve] = []
    for training in trainings:
        name = training.title if len(trainings) > 1 else ""
        for figure, label in (("loss", "train"), ("val_loss", "validation")):
            points = training.curves[figure]
            made = smoothed(points, smooth) if figure == "loss" else points
            curves.append(Curve(f"{name} {label}".strip(), made, len(curves)))
    return Picture(TITLES["loss"], tuple(curves), unit="step", log=log, empty=_waiting("loss"))


def _top1(trainings: Sequence[Training]) -> Picture:
    curves: list[Curve] = []
    for training in trainings:
        name = training.title if len(trainings) > 1 else ""
        for figure, label in (("train_top1", "train"), ("val_top1", "validation")):
            points = [(x, 100 * y) for x, y in training.curves[figure]]
            curves.append(Curve(f"{name} {label}".strip(), points, len(curves)))
    return Picture(
        TITLES["top1"], tuple(curves), unit="step", empty=_waiting("accuracy, after an epoch")
    )


def _rate(trainings: Sequence[Training], log: bool) -> Picture:
    curves = tuple(
        Curve(training.title, training.curves["learning_rate"], number)
        for number, training in enumerate(trainings)
    )
    return Picture(TITLES["rate"], curves, unit="step", log=log, empty=_waiting("learning rate"))


def _waiting(what: str) -> str:
    return f"warming up: no {what} yet"


def sweep(results: Results) -> Picture:
    """Accuracy of each variant's models against the amount, beside the dense model's."""
    by_variant: dict[str, list[dict[str, Any]]] = {}
    for row in results.models:
        if row.get("amount") is not None and row["variant"] != "dense":
            by_variant.setdefault(_series(row), []).append(row)
    curves = tuple(
        Curve(name, sorted((r["amount"], 100 * r["eval"]["top1"]) for r in rows), number)
        for number, (name, rows) in enumerate(by_variant.items())
    )
    lines = [Line(row["at"], row["text"], row["vertical"]) for row in _marks(results)]
    made = Picture(TITLES["sweep"], curves, tuple(lines), unit="amount", empty="no amounts yet")
    split = results.models[0]["eval"]["split"] if results.models else "val"
    names = {"val": "validation", "test": "test"}
    return replace(made, title=f"top-1 % on {names.get(split, split)} against the amount")


def _series(row: dict[str, Any]) -> str:
    rung = row.get("rung", "raw")
    return row["variant"] if rung == "raw" else f"{row['variant']} {rung}"


def _marks(results: Results) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    rows = {row["id"]: row for row in results.models}
    dense = next((row for row in results.models if row["variant"] == "dense"), None)
    if dense is not None:
        found.append({"at": 100 * dense["eval"]["top1"], "text": "dense", "vertical": False})
    for choice in results.selected:
        row = rows.get(choice["row"]) if isinstance(choice["row"], str) else None
        if choice["what"] == "amount" and row is not None:
            found.append({"at": row["amount"], "text": "chosen", "vertical": True})
    return found
