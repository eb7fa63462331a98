"""The figures of the steps at hand, as far as they are known, and their line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vitac_tui.errors import one_line
from vitac_tui.runs.lines import interval
from vitac_tui.runs.numbers import percent
from vitac_tui.runs.rows import ScoresSummary
from vitac_tui.tui.reading.editing import Editing
from vitac_tui.tui.reading.follower import View
from vitac_tui.tui.reading.masks import Range
from vitac_tui.tui.reading.trained import Trained


@dataclass(frozen=True)
class Figures:
    """What steps leave of a model; None where it is not known yet.

    Attributes:
        weights: the least and the most that are kept.
        steps: what each step did, from the process beside the screen.
        scores: on validation, once asked for.
    """

    weights: Range | None = None
    parameters: int | None = None
    macs: int | None = None
    steps: Sequence[Mapping[str, Any]] = ()
    scores: ScoresSummary | None = None
    missing: str = "-"  # stands for what is not known; "…" while it is being counted

    def masked(self, left: Range | None) -> Figures:
        """After steps that only mask; nothing is known if they do more (None)."""
        return Figures(missing="…") if left is None else replace(self, weights=left)

    def exactly(self, figures: Mapping[str, Any]) -> Figures:
        """As the process beside the screen counted."""
        count = int(figures["valid_weights"])
        return Figures(
            (count, count),
            int(figures["parameters"]),
            int(figures["macs"]),
            tuple(figures["steps"]),
            self.scores,
        )

    def scored(self, scores: ScoresSummary) -> Figures:
        """With a score."""
        return replace(self, scores=scores)

    def removed(self, number: int) -> str:
        """What a step removed, of the dense model's weights; "" while it is not known."""
        return f"{percent(self.steps[number]['removed'])} %" if number < len(self.steps) else ""

    def note(self, number: int) -> str:
        """What a step had to say, such as that it removed nothing, in brackets; or ""."""
        note = self.steps[number].get("note") if number < len(self.steps) else ""
        return f"  ({note})" if note else ""

    def line(self, dense: Trained, width: int) -> str:
        """One line: the long form, with the dense figures beside, where there is room."""
        long = self._parts(dense, beside=True)
        return long if len(long) <= width else self._parts(dense, beside=False)

    def _parts(self, trained: Trained, *, beside: bool) -> str:
        dense = trained.dense
        weights = dense["valid_weights"] if dense else 0
        share = ""
        if self.weights is not None and weights:
            share = f" ({percent(self.weights[1] / weights)} %)"
        of_weights = f" of {weights:,}" if beside and weights else ""
        of_parameters = f" of {trained.parameters:,}" if beside else ""
        of_macs = f" of {dense['macs'] / 1e9:.3f}" if beside and dense else ""
        parts = [
            f"kept {self._kept()}{of_weights}{share}",
            f"{self._or_missing(self.parameters, ',')}{of_parameters} params",
            f"{self._or_missing(self.macs and self.macs / 1e9, '.3f')}{of_macs} GMACs",
            f"{interval(self.scores)} %" if self.scores else "not scored",
        ]
        return "  ".join(parts)

    def _kept(self) -> str:
        if self.weights is None:
            return self.missing
        least, most = self.weights
        return f"{most:,}" if least == most else f"at most {most:,}"

    def _or_missing(self, value: float | None, form: str) -> str:
        return self.missing if value is None else format(value, form)


def of_dense(trained: Trained) -> Figures:
    """Before any step."""
    entries = sum(layer.weights for layer in trained.layers) - trained.zeros
    macs = int(trained.dense["macs"]) if trained.dense is not None else None
    return Figures((entries, entries), trained.parameters, macs)


def heading(trained: Trained, sweep: View | None) -> str:
    """How the sweep is, the dense model's figures, and whose they are."""
    experiment, known = trained.experiment, trained.dense
    parts = ["prune"]
    if sweep is not None:
        done = f" {100 * sweep.status.fraction:.0f} %" if sweep.live and sweep.status else ""
        parts.append(f"sweep {sweep.state}{done}")
    if known is not None:
        parts.append(
            f"dense {known['valid_weights']:,} weights  {known['macs'] / 1e9:.3f} GMACs  "
            f"{interval(known['eval'])} %"
        )
    seed = f" seed {experiment.all_seeds[0]}" if experiment.seeds else ""
    return one_line("  ".join([*parts, f"{trained.run.name}{seed}"]))


def usual(trained: Trained, made: Editing, note: str) -> str:
    """What is said while nothing else is: how amounts count, whose model is tried, what is kept.

    Args:
        trained: the model.
        made: the list at hand.
        note: why figures could differ from the run's own; "" if they could not.
    """
    masked = "unmasked weights" if made.keep_masks else "everything, zeros first"
    seeds = trained.experiment.all_seeds
    several = f"tried on seed {seeds[0]} alone, a run takes all {len(seeds)}"
    kept = ", ".join(variant["name"] for variant in made.kept)
    parts = [
        f"amounts of {masked} (m)",
        several if len(seeds) > 1 else "",
        f"kept: {kept}" if kept else "",
        note,
    ]
    return "  ".join(filter(None, parts))
