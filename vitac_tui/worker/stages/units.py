"""The units of work of an experiment: names, order and expected cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from vitac_tui.experiment.prune import Step, amounts, most_points
from vitac_tui.experiment.settings import Experiment, Variant
from vitac_tui.runs import events
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.progress import Report
from vitac_tui.worker.stages.row_names import rungs, seed_prefix, shown

TRAINING = 3.0  # cost of a training image relative to a forward pass


class Units:
    """Starts and finishes units, and knows which ones have finished."""

    def __init__(self, context: RunContext, finished: set[str]) -> None:
        self._context = context
        self._finished = finished

    def done(self, unit: str) -> bool:
        """Return whether the unit has finished."""
        return unit in self._finished

    def drop(self, point: str) -> None:
        """Remove an unneeded point from the plan, unless it was started earlier."""
        if not any(unit.startswith(f"{point}/") for unit in self._finished):
            self._context.progress.drop(f"{point}/")

    @contextmanager
    def begin(self, unit: str) -> Iterator[Report]:
        """Start a unit; it is recorded as finished if the block raises no exception."""
        self._context.interrupter.check()
        began = time.perf_counter()
        self._context.emit(events.UnitStarted(), unit)
        yield self._context.progress.start(unit)
        self._context.emit(events.UnitFinished(time.perf_counter() - began), unit)
        self._finished.add(unit)
        self._context.progress.finish(unit)


def step_unit(point: str, steps: tuple[Step, ...], number: int) -> str:
    """Return the unit of a step within a point; the last step has the unit of the point."""
    return point if number == len(steps) - 1 else f"{point}/step/{number}"


def plan(experiment: Experiment, images: dict[str, int]) -> list[tuple[str, float]]:
    """Return the units of an experiment in order, with their cost in forward-passed images.

    A refined sweep is planned with the maximum number of points.

    Args:
        experiment: the resolved settings.
        images: number of images of each split.
    """
    scored = images["val"] or images["test"]
    epoch = TRAINING * images["train"] + images["val"]
    units: list[tuple[str, float]] = []
    for seed in experiment.all_seeds:
        prefix = seed_prefix(experiment, seed)
        if experiment.trains:
            for rate in range(len(experiment.train.learning_rate)):
                for number in range(1, experiment.train.epochs + 1):
                    units.append((f"{prefix}rate/{rate}/epoch/{number}", epoch))
                units.append((f"{prefix}rate/{rate}/keep", 0.05 * epoch))
        units.append((f"{prefix}train/choose", 0.05 * epoch))
        units.append((f"{prefix}variant/dense/point/0/raw", scored))
        for variant in experiment.variants:
            units += _variant(prefix, variant, scored, epoch)
    for seed in experiment.all_seeds if images["test"] else ():
        for name in ("dense", *(variant.name for variant in experiment.variants)):
            units.append((f"{seed_prefix(experiment, seed)}test/{name}", images["test"]))
    return units


def _variant(
    prefix: str, variant: Variant, scored: int, epoch: float
) -> Iterator[tuple[str, float]]:
    for point in range(most_points(variant.prune)):
        unit = f"{prefix}variant/{variant.name}/point/{point}"
        for number, step in enumerate(variant.prune):
            name = step_unit(unit, variant.prune, number)
            if not shown(variant.prune, number):
                continue
            for rung in rungs(step):
                if rung == "finetuned":
                    for n in range(1, step.recover.epochs + 1):
                        yield f"{name}/epoch/{n}", epoch
                yield f"{name}/{rung}", scored
    if amounts(variant.prune):
        yield f"{prefix}variant/{variant.name}/choose", 0.0
