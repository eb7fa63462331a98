"""The units of work of an experiment: their names, their order and their expected weight."""

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

TRAINING = 3.0  # work of a training image against one that only passes forward


class Units:
    """Opens and closes units, and knows which an earlier process finished."""

    def __init__(self, context: RunContext, finished: set[str]) -> None:
        self._context = context
        self._finished = finished

    def done(self, unit: str) -> bool:
        """Whether the unit's outcome is on record."""
        return unit in self._finished

    def drop(self, point: str) -> None:
        """Take a point that is not needed out of the plan, unless it was begun earlier."""
        if not any(unit.startswith(f"{point}/") for unit in self._finished):
            self._context.progress.drop(f"{point}/")

    @contextmanager
    def begin(self, unit: str) -> Iterator[Report]:
        """The life of a unit; closed only when its work ends without an exception."""
        self._context.interrupter.check()
        began = time.perf_counter()
        self._context.emit(events.UnitStarted(), unit)
        yield self._context.progress.start(unit)
        self._context.emit(events.UnitFinished(time.perf_counter() - began), unit)
        self._finished.add(unit)
        self._context.progress.finish(unit)


def step_unit(point: str, steps: tuple[Step, ...], number: int) -> str:
    """Unit of a step within a point; the last step's is the point's."""
    return point if number == len(steps) - 1 else f"{point}/step/{number}"


def plan(experiment: Experiment, images: dict[str, int]) -> list[tuple[str, float]]:
    """The units of an experiment in order, with their weight in images passed forward.

    A refined sweep has as many points as it takes at most.

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
