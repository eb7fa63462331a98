"""The plots of a run's training, from its log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vitac_tui.tui.plot.canvas import Curve
from vitac_tui.tui.plot.layout import PlotSpec
from vitac_tui.tui.plot.sweep_plots import sweep_plot
from vitac_tui.tui.reading.curves import Point, smoothed
from vitac_tui.tui.reading.follower import View
from vitac_tui.tui.reading.history import TrainingCurves

MOST_TRAININGS = 6  # the latest ones, overlaid
VALIDATION_MARK = "○"
TITLES = {"loss": "loss", "top1": "top-1 %", "rate": "learning rate"}


def plot_spec(what: str, view: View, *, smooth: float = 0.0, log: bool = False) -> PlotSpec:
    """Return one plot of a run.

    Args:
        what: loss, top1, rate or sweep.
        view: the run.
        smooth: weight of the past in the moving average of the training loss.
        log: whether the y axis of losses and learning rates is logarithmic.
    """
    if what == "sweep":
        return sweep_plot(view.history.results, view.max_drop)
    trainings = _with_points(view.history.trainings)
    if what == "loss":
        made = _loss(trainings, smooth, log)
    elif what == "top1":
        made = _top1(trainings)
    else:
        made = _rate(trainings, log)
    nothing = bool(view.history.lines) and not view.live and not trainings
    return replace(made, empty="nothing was trained") if nothing else made


def _with_points(trainings: Sequence[TrainingCurves]) -> Sequence[TrainingCurves]:
    return [training for training in trainings if any(training.curves.values())][-MOST_TRAININGS:]


def _loss(trainings: Sequence[TrainingCurves], smooth: float, log: bool) -> PlotSpec:
    curves: list[Curve] = []
    for training in trainings:
        name = training.title if len(trainings) > 1 else ""
        for metric, label in (("loss", "train"), ("val_loss", "validation")):
            points = training.curves[metric]
            made = smoothed(points, smooth) if metric == "loss" else points
            curves.append(_series(f"{name} {label}".strip(), made, len(curves), label))
    return PlotSpec(
        TITLES["loss"],
        tuple(curves),
        unit="step",
        log=log,
        empty=_waiting("loss"),
        floor=0.0,
        robust=True,
    )


def _top1(trainings: Sequence[TrainingCurves]) -> PlotSpec:
    curves: list[Curve] = []
    for training in trainings:
        name = training.title if len(trainings) > 1 else ""
        for metric, label in (("train_top1", "train"), ("val_top1", "validation")):
            points = [(x, 100 * y) for x, y in training.curves[metric]]
            curves.append(_series(f"{name} {label}".strip(), points, len(curves), label))
    return PlotSpec(
        TITLES["top1"],
        tuple(curves),
        unit="step",
        empty=_waiting("accuracy, after an epoch"),
        floor=0.0,
    )


def _series(name: str, points: Sequence[Point], colour: int, of: str) -> Curve:
    """Return a curve over steps. Validation has spots, so that curves differ not only in colour."""
    if of == "validation":
        return Curve(name, points, colour, spot=VALIDATION_MARK, spot_gap=4)
    return Curve(name, points, colour)


def _rate(trainings: Sequence[TrainingCurves], log: bool) -> PlotSpec:
    curves = tuple(
        Curve(training.title, training.curves["learning_rate"], number)
        for number, training in enumerate(trainings)
    )
    return PlotSpec(
        TITLES["rate"],
        curves,
        unit="step",
        log=log,
        empty=_waiting("learning rate"),
        floor=0.0,
    )


def _waiting(what: str) -> str:
    return f"warming up: no {what} yet"
