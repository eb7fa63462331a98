"""Run a sweep: evaluate its amounts, stop hopeless ones early, and select one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

from vitac_tui.evaluation.accuracy import Predictions
from vitac_tui.evaluation.paired import Paired, compare
from vitac_tui.experiment import bisection
from vitac_tui.experiment.prune import Sweep
from vitac_tui.experiment.settings import Variant
from vitac_tui.pruning.choose import Limit, select_amount
from vitac_tui.pruning.early_stop import EarlyStop
from vitac_tui.runs import events
from vitac_tui.runs.rows import SearchRow
from vitac_tui.runs.selection import FIXED_SEQUENCE, LARGEST_AMOUNT, rendered
from vitac_tui.statistics.choosing import bisection_level
from vitac_tui.training.seeding import generator
from vitac_tui.worker.stages.assess import against_dense, dense_predictions
from vitac_tui.worker.stages.engine import Engine
from vitac_tui.worker.stages.kept_models import remove
from vitac_tui.worker.stages.row_names import dense_row


class SweepPoint(Protocol):
    """One amount of a variant, as created by the prune stage."""

    @property
    def row(self) -> str:
        """The id of its last row."""

    def run(self, early: EarlyStop | None = None) -> None:
        """Complete the point; `early` may stop the evaluation of its last row."""

    def keep(self) -> None:
        """Save its model."""


class SweepSearch:
    """A sweep in progress: its points, their comparisons with dense, and the next amount.

    All of it is derived from the log, so a resumed sweep evaluates the same amounts.
    """

    def __init__(
        self,
        engine: Engine,
        seed: int,
        variant: Variant,
        swept: Sweep,
        prefix: str,
        make: Callable[[str, float], SweepPoint],
    ) -> None:
        """Start a sweep.

        Args:
            engine: of the run.
            seed: of the dense model.
            variant: the variant to sweep.
            swept: its amounts.
            prefix: of its units.
            make: creates the point of a unit and an amount.
        """
        self._engine = engine
        self._seed = seed
        self._variant = variant
        self._swept = swept
        self._prefix = prefix
        self._make = make
        self._planned = len(swept.sweep) + swept.most_added
        self._points: dict[float, SweepPoint] = {}
        self._compared: dict[float, Paired] = {}  # of the points evaluated in full
        self._seen = 0  # images evaluated, over all points
        select = engine.experiment.select
        # Every amount that bisection may add is one more test: see `statistics.choosing`.
        level = None if select.level is None else bisection_level(swept.most_added, select.level)
        self._limit = Limit(select.max_drop, level)

    def run(self) -> None:
        """Evaluate every amount, refine by bisection if set, and select an amount."""
        units, unit = self._engine.units, f"{self._prefix}/choose"
        if units.done(unit):
            self._needs(0)
            return
        for amount in self._swept.sweep:
            self._score(amount)
        while (added := self._next()) is not None:
            self._score(added)
        with units.begin(unit):
            self._choose(unit)

    def _score(self, amount: float) -> None:
        engine, images = self._engine, self._engine.data.scored()
        point = self._make(f"{self._prefix}/point/{len(self._points)}", amount)
        point.run(self._early())
        self._points[amount] = point
        scores = engine.recorded().model(point.row)["eval"]
        self._seen += scores["images"]
        if not scores.get("stopped"):
            self._compared[amount] = against_dense(
                engine, self._seed, point.row, scores["split"], images
            )

    def _early(self) -> EarlyStop | None:
        """Return the early-stopping rule for the next point; None if it must not stop early.

        No point stops early until some amount is within the limit. If none ever is, the drops of
        all amounts are compared, so each must be evaluated in full.
        """
        if self._swept.exact or not any(self._within().values()):
            return None
        images = self._engine.data.scored()
        order = torch.randperm(len(images), generator=generator(self._seed, "curtail"))
        return EarlyStop(self._dense(), order.numpy(), self._limit)

    def _within(self) -> dict[float, bool]:
        """Return whether each amount so far is within the allowed drop."""
        return {amount: self._limit.holds(self._compared.get(amount)) for amount in self._points}

    def _dense(self) -> Predictions:
        engine = self._engine
        return dense_predictions(
            engine, self._seed, engine.prepared.eval_split, engine.data.scored()
        )

    def _next(self) -> float | None:
        """Return the next amount of the bisection; None if it is finished.

        If no amount is within the limit, bisection searches between the smallest amount and 0,
        the dense model. With too few images even the dense model cannot pass; then it ends.
        """
        refine = self._swept.refine
        if not refine:
            return None
        dense = self._dense()
        ends = bisection.bracket({0.0: self._limit.holds(compare(dense, dense)), **self._within()})
        self._needs(bisection.most_halvings(*ends, refine) if ends else 0)
        return bisection.halving(*ends, refine) if ends else None

    def _needs(self, more: int) -> None:
        """Remove from the plan the points that exceed `more` further ones."""
        for number in range(len(self._points) + more, self._planned):
            self._engine.units.drop(f"{self._prefix}/point/{number}")
        self._planned = min(self._planned, len(self._points) + more)

    def _choose(self, unit: str) -> None:
        engine, select, name = self._engine, self._engine.experiment.select, self._variant.name
        split = engine.prepared.eval_split
        points = list(self._points.values())
        scored = [(amount, self._compared.get(amount)) for amount in self._points]
        selection = select_amount(scored, self._limit)
        chosen = None if selection.index is None else points[selection.index]
        if chosen is not None:
            chosen.keep()
        found = selection.evidence
        event = rendered(
            events.Selected(
                "amount",
                name,
                self._seed,
                dense_row(engine.experiment, self._seed) if chosen is None else chosen.row,
                rule="",
                split=split,
                rule_name=LARGEST_AMOUNT if select.level is None else FIXED_SEQUENCE,
                met=chosen is not None,
                strict=select.level is not None,
                max_drop=select.max_drop,
                error=select.level,
                difference=found.difference if found else None,
                low=found.low if found else None,
                high=found.high if found else None,
                images=found.images if found else None,
                groups=found.groups if found else None,
                images_needed=selection.images_needed,
                groups_needed=selection.groups_needed,
                search=self._search(),
            )
        )
        engine.context.emit(event, unit)
        if chosen is None:
            engine.context.note(f"{name}: {event.rule}", level="warning", unit=unit)
        if engine.experiment.evaluate.test == "chosen":
            for point in self._points.values():
                if point is not chosen:
                    remove(engine.run.checkpoints / point.row)

    def _search(self) -> SearchRow:
        """Return how the amount was searched."""
        amounts, refine = list(self._points), self._swept.refine
        return {
            "amounts": len(amounts),
            "stopped": len(amounts) - len(self._compared),
            "images_scored": self._seen,
            "images": len(amounts) * len(self._engine.data.scored()),
            "lowest": min(amounts),
            "highest": max(amounts),
            "refine": refine or None,
            "bracketed": bool(refine) and bisection.bracket(self._within()) is not None,
        }
