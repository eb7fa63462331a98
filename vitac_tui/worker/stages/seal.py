"""The seal on the test set, which can be opened only after every selection has been made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vitac_tui.experiment.prune import amounts
from vitac_tui.experiment.settings import Experiment
from vitac_tui.runs import events

Choice = tuple[str, str, int]  # what, variant, seed


@dataclass(frozen=True)
class Seal:
    """Proof that every selection has been made. Only `seal` creates it; test images require it."""

    choices: frozenset[Choice]


def needed(experiment: Experiment) -> frozenset[Choice]:
    """Return the selections that an experiment has to make on validation."""
    train = experiment.train
    choices: set[Choice] = set()
    for seed in experiment.all_seeds:
        if experiment.trains and len(train.learning_rate) > 1:
            choices.add(("learning_rate", "dense", seed))
        if experiment.trains and train.keep == "best":
            choices.add(("epoch", "dense", seed))
        for variant in experiment.variants:
            if amounts(variant.prune):
                choices.add(("amount", variant.name, seed))
    return frozenset(choices)


def seal(experiment: Experiment, selected: Sequence[events.Selected]) -> Seal:
    """Return the seal for a completed set of selections.

    Raises:
        RuntimeError: a selection is missing, so test results could influence it.
    """
    made = {(event.what, event.variant, event.seed) for event in selected}
    missing = needed(experiment) - made
    if missing:
        raise RuntimeError(f"test images requested before these selections: {sorted(missing)}")
    return Seal(frozenset(made))
