"""The points of a sweep: which amounts are scored, which may stop early, and the choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

from vitac_tui.evaluation.accuracy import Answers
from vitac_tui.evaluation.paired import Paired, compare
from vitac_tui.experiment import bisection
from vitac_tui.experiment.prune import Sweep
from vitac_tui.experiment.settings import Variant
from vitac_tui.pruning.choose import Limit, select_amount
from vitac_tui.pruning.early_stop import Curtailment
from vitac_tui.runs import events
from vitac_tui.runs.rows import SearchRow
from vitac_tui.runs.selection import FIXED_SEQUENCE, LARGEST_AMOUNT, rendered
from vitac_tui.statistics.choosing import bisection_level
from vitac_tui.training.seeding import generator
from vitac_tui.worker.stages.assess import against_dense, dense_answers
from vitac_tui.worker.stages.engine import Engine
from vitac_tui.worker.stages.kept_models import remove
from vitac_tui.worker.stages.row_names import dense_row


class Point(Protocol):
    """One amount of a variant, as `prune_stage` makes it."""

    @property
    def row(self) -> str:
        """Id of its last row."""

    def run(self, early: Curtailment | None = None) -> None:
        """Do what is not on record yet; `early` may end the scoring of the last row."""

    def keep(self) -> None:
        """Write its model."""


class Sweeping:
    """A sweep under way: its points, what each lost, and so what comes next.

    All of it follows from what is on record, so a resume goes the same way.
    """

    def __init__(
        self,
        engine: Engine,
        seed: int,
        variant: Variant,
        swept: Sweep,
        prefix: str,
        make: Callable[[str, float], Point],
    ) -> None:
        """A sweep of which nothing is known yet.

        Args:
            engine: of the run.
            seed: of the dense model.
            variant: that is swept.
            swept: its amounts.
            prefix: of its units.
            make: a point from its unit and its amount.
        """
        self._engine = engine
        self._seed = seed
        self._variant = variant
        self._swept = swept
        self._prefix = prefix
        self._make = make
        self._planned = len(swept.sweep) + swept.most_added
        self._points: dict[float, Point] = {}
        self._compared: dict[float, Paired] = {}  # of the points that were scored in full
        self._seen = 0  # images, of all points
        select = engine.experiment.select
        # Each amount that bisection may add is one more test: see `statistics.choosing`.
        level = None if select.level is None else bisection_level(swept.most_added, select.level)
        self._limit = Limit(select.max_drop, level)

    def run(self) -> None:
        """Score every amount, go on by bisection where that is asked for, and choose."""
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

    def _early(self) -> Curtailment | None:
        """What may stop the next point early, if anything may.

        Nothing may while no amount is known to keep within the loss: should none do, the one
        that loses least is chosen, and for that every loss has to be known.
        """
        if self._swept.exact or not any(self._within().values()):
            return None
        images = self._engine.data.scored()
        order = torch.randperm(len(images), generator=generator(self._seed, "curtail"))
        return Curtailment(self._dense(), order.numpy(), self._limit)

    def _within(self) -> dict[float, bool]:
        """Whether each amount so far keeps within the allowed loss."""
        return {amount: self._limit.holds(self._compared.get(amount)) for amount in self._points}

    def _dense(self) -> Answers:
        engine = self._engine
        return dense_answers(engine, self._seed, engine.prepared.eval_split, engine.data.scored())

    def _next(self) -> float | None:
        """The amount that bisection goes on with; None where it is at its end.

        Below the smallest amount it searches towards 0, the dense model, unless few images keep
        even that one from being shown to lose nothing against itself.
        """
        refine = self._swept.refine
        if not refine:
            return None
        dense = self._dense()
        ends = bisection.bracket({0.0: self._limit.holds(compare(dense, dense)), **self._within()})
        self._needs(bisection.most_halvings(*ends, refine) if ends else 0)
        return bisection.halving(*ends, refine) if ends else None

    def _needs(self, more: int) -> None:
        """Take the points out of the plan that will not be needed after so many more."""
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
