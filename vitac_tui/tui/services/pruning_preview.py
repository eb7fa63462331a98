"""What is known of the list of steps at hand, from the layer table and the process beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment import pruning_preset
from vitac_tui.experiment.prune import Step
from vitac_tui.experiment.settings import Experiment
from vitac_tui.runs.lines import against_dense, lost_classes
from vitac_tui.runs.numbers import number
from vitac_tui.tui.reading import masks
from vitac_tui.tui.reading.editing import Editing
from vitac_tui.tui.reading.points import Points, Scored
from vitac_tui.tui.reading.pruning_metrics import PruningMetrics, dense_metrics
from vitac_tui.tui.reading.trained import Trained
from vitac_tui.tui.services.preview_client import WhatIf

Reply = Mapping[str, Any]


@dataclass(frozen=True)
class Word:
    """Something to say, and whether it is bad news."""

    text: str
    bad: bool = False


@dataclass(frozen=True)
class _Scoring:
    """A score that is on its way, and what it will be of."""

    request: int
    shape: str
    amount: float | None


class Trying:
    """Sizes and scores one run's model after lists of steps.

    Attributes:
        metrics: of the current list, as far as they are known.
        points: what was scored so far, and the sweep beside it.
        wrong: what is wrong with the list, in a line; "" if nothing is.
        note: why figures could differ from the run's own, if they could.
    """

    def __init__(self, trained: Trained, hear: Callable[[dict[str, Any]], object]) -> None:
        """`hear` gets every reply of the process, in a thread of its own; see `take`."""
        self._trained = trained
        self._whatif = WhatIf(trained.run, hear)
        self._asked = 0  # number of the newest request
        self._scoring: _Scoring | None = None
        self._trouble = ""  # what the process said before it ended
        self.metrics: PruningMetrics = dense_metrics(trained)
        self.points = Points(trained.results)
        self.wrong = ""
        self.note = ""

    def steps(self, made: Editing) -> tuple[Step, ...]:
        """The steps as the declaration reads them. Raises UserError."""
        if not made.steps:
            return ()
        return (
            pruning_preset.resolve(*self._source, [made.variant(pruning_preset.MAIN)])
            .variants[0]
            .prune
        )

    def preset(self, variants: Sequence[pruning_preset.Variant]) -> dict[str, Any]:
        """The preset that prunes the run's model in these ways. Raises UserError."""
        pruning_preset.resolve(*self._source, variants)
        return pruning_preset.preset(*self._source, variants)

    def change(self, made: Editing) -> None:
        """Another list: figures of masks at once, the rest when the process has counted."""
        self._scoring = None
        try:
            steps = self.steps(made)
        except UserError as problem:
            self.wrong, self.metrics = str(problem), PruningMetrics()
            return
        self.wrong = ""
        left = masks.kept(
            self._trained.layers, steps, keep_masks=made.keep_masks, zeros=self._trained.zeros
        )
        self.metrics = dense_metrics(self._trained).with_masks(left)
        self._asked = self._whatif.ask("size", made.steps, made.keep_masks)

    def lack(self, made: Editing) -> str:
        """What keeps the list and the variants from being run, in a line; "" if nothing does."""
        return self.wrong or ("" if made.variants() else "there are no steps yet; a adds one")

    def score(self, made: Editing) -> None:
        """Have the list scored on validation; a change of it gives that up."""
        self._asked = self._whatif.ask("score", made.steps, made.keep_masks)
        self._scoring = _Scoring(self._asked, made.shape(), made.amount)

    def take(self, reply: Reply) -> Word | None:
        """Take in what the process replied; what is to be said of it, if anything."""
        if "ended" in reply:
            self._scoring = None
            why = self._trouble or f"the process that prunes ended ({reply['ended']})"
            self._trouble = ""
            return Word(f"{why}; the next change starts it anew", bad=True)
        if "ready" in reply:
            self.note = str(reply["ready"].get("note", ""))
            return Word(self.note, bad=True) if self.note else None
        if "error" in reply and "id" not in reply:
            self._trouble = str(reply["error"])  # the process ends of it
        elif reply.get("id") == self._asked:
            return self._answered(reply)
        return None

    def _answered(self, reply: Reply) -> Word | None:
        if "error" in reply:
            self._scoring = None
            return Word(str(reply["error"]), bad=True)
        if "of" in reply:
            return Word(f"scoring on validation: {reply['done']} of {reply['of']} images")
        self.metrics = self.metrics.with_exact(reply["figures"])
        scoring, self._scoring = self._scoring, None
        if "eval" not in reply or scoring is None:
            return None
        scores = reply["eval"]
        self.metrics = self.metrics.with_scores(scores)
        against = scores.get("against_dense")
        if scoring.amount is not None:
            scored = Scored(scoring.shape, scoring.amount, float(scores["top1"]), against)
            self.points.scored.append(scored)
        parts = [
            f"{against_dense(scores)} points against dense" if against else "",
            f"{scores['images']} validation images, loss {number(scores['loss'])}",
            "statistics re-estimated" if reply.get("rung") == "bn" else "",
            str(reply.get("note", "")),
        ]
        return Word(f"{'; '.join(filter(None, parts))}{lost_classes(scores)}")

    @property
    def _source(self) -> tuple[str, Experiment]:
        return str(self._trained.run.path), self._trained.experiment

    def close(self) -> None:
        """End the process."""
        self._whatif.close()
