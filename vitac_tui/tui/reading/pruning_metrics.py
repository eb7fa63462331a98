"""The metrics of the current pruning steps, as far as they are known, and their line of text."""

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
class PruningMetrics:
    """What the steps leave of a model; None for a metric that is not known yet.

    Attributes:
        weights: the least and the most weights that are kept.
        steps: what each step did, as counted by the preview process.
        scores: on the validation split, once the user has asked for them.
        missing: shown for a metric that is not known; "…" while it is being counted.
    """

    weights: Range | None = None
    parameters: int | None = None
    macs: int | None = None
    steps: Sequence[Mapping[str, Any]] = ()
    scores: ScoresSummary | None = None
    missing: str = "-"

    def with_masks(self, left: Range | None) -> PruningMetrics:
        """Return the metrics after steps that only mask; all unknown if they do more (None)."""
        return PruningMetrics(missing="…") if left is None else replace(self, weights=left)

    def with_exact(self, counted: Mapping[str, Any]) -> PruningMetrics:
        """Return the metrics counted by the preview process, with the scores known so far."""
        count = int(counted["valid_weights"])
        return PruningMetrics(
            (count, count),
            int(counted["parameters"]),
            int(counted["macs"]),
            tuple(counted["steps"]),
            self.scores,
        )

    def with_scores(self, scores: ScoresSummary) -> PruningMetrics:
        """Return the metrics with scores."""
        return replace(self, scores=scores)

    def removed(self, number: int) -> str:
        """Return the percentage of the dense model's weights that a step removed, "" if unknown."""
        return f"{percent(self.steps[number]['removed'])} %" if number < len(self.steps) else ""

    def note(self, number: int) -> str:
        """Return a step's note in brackets, such as that it removed nothing; "" without one."""
        note = self.steps[number].get("note") if number < len(self.steps) else ""
        return f"  ({note})" if note else ""

    def line(self, dense: Trained, width: int) -> str:
        """Return one line, with the dense model's metrics for comparison where they fit."""
        long = self._text(dense, compared=True)
        return long if len(long) <= width else self._text(dense, compared=False)

    def _text(self, trained: Trained, *, compared: bool) -> str:
        dense = trained.dense
        weights = dense["valid_weights"] if dense else 0
        share = ""
        if self.weights is not None and weights:
            share = f" ({percent(self.weights[1] / weights)} %)"
        of_weights = f" of {weights:,}" if compared and weights else ""
        of_parameters = f" of {trained.parameters:,}" if compared else ""
        of_macs = f" of {dense['macs'] / 1e9:.3f}" if compared and dense else ""
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


def dense_metrics(trained: Trained) -> PruningMetrics:
    """Return the metrics before any step."""
    entries = sum(layer.weights for layer in trained.layers) - trained.zeros
    macs = int(trained.dense["macs"]) if trained.dense is not None else None
    return PruningMetrics((entries, entries), trained.parameters, macs)


def heading(trained: Trained, sweep: View | None) -> str:
    """Return the heading: the state of the sweep, the dense model's metrics, run and seed."""
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


def hint_line(trained: Trained, made: Editing, note: str) -> str:
    """Return the line shown when there is no other message.

    It says what amounts refer to, which model is tried, and which variants are kept.

    Args:
        trained: the model.
        made: the current steps.
        note: why metrics could differ from those of the run; "" if they could not.
    """
    base = "unmasked weights" if made.keep_masks else "all weights, zeros first"
    seeds = trained.experiment.all_seeds
    several = f"tried on seed {seeds[0]} only, a run uses all {len(seeds)}"
    kept = ", ".join(variant["name"] for variant in made.kept)
    parts = [
        f"amounts of {base} (m)",
        several if len(seeds) > 1 else "",
        f"kept: {kept}" if kept else "",
        note,
    ]
    return "  ".join(filter(None, parts))
