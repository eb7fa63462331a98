"""What every table drawn from a run has to say, since its figures are not what they seem to be."""

from __future__ import annotations

from vitac_tui.runs.rows import CONTROL
from vitac_tui.worker.prepare import Prepared


def marks(prepared: Prepared) -> list[str]:
    """One line each: a control, an overlap that was allowed."""
    made = []
    dataset = prepared.experiment.dataset
    if dataset.shuffle_labels:
        made.append(
            f"{CONTROL}training labels are shuffled (dataset.split.seed {dataset.split.seed}), "
            "so top-1 beyond chance would come from the evaluation, not from learning"
        )
    elif prepared.start and prepared.start.shuffled:
        made.append(f"{CONTROL}the model was trained on shuffled labels")
    if prepared.overlap.counts:
        made.append(
            f"overlap: the model was trained on {prepared.overlap}; figures on these measure memory"
        )
    return made
