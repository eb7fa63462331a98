"""Caveats that a run records with its dataset, for every table of the run."""

from __future__ import annotations

from vitac_tui.worker.prepare import Prepared


def is_control(prepared: Prepared) -> bool:
    """Tell whether the run is a control: its model is trained on shuffled labels."""
    start = prepared.start
    return prepared.experiment.dataset.shuffle_labels or bool(start and start.shuffled)


def caveats(prepared: Prepared) -> list[str]:
    """Return a line for a control, and a line for an overlap that was allowed."""
    made = []
    dataset = prepared.experiment.dataset
    if dataset.shuffle_labels:
        made.append(
            f"control: training labels are shuffled (dataset.split.seed {dataset.split.seed}), so "
            "a top-1 above chance would come from the evaluation, not from learning"
        )
    elif is_control(prepared):
        made.append("control: the model was trained on shuffled labels")
    if prepared.overlap.counts:
        made.append(
            f"overlap: the model was trained on {prepared.overlap}; metrics on these measure "
            "memorisation"
        )
    return made
