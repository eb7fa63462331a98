"""A run's trained model, read from its files without torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment.settings import Experiment
from vitac_tui.runs import log, results
from vitac_tui.runs.directory import LARGEST_CARD, RunDir
from vitac_tui.runs.results import Results
from vitac_tui.runs.rows import ModelRow
from vitac_tui.system.files import read_bytes
from vitac_tui.tui.reading.masks import Layer


@dataclass(frozen=True)
class Trained:
    """The dense model of a run; with several seeds, that of the first.

    Attributes:
        dense: the row of the dense model; None if it is not evaluated yet.
    """

    run: RunDir
    experiment: Experiment
    layers: tuple[Layer, ...]
    results: Results
    dense: ModelRow | None

    @property
    def classifier(self) -> str:
        """Return the name of the last linear layer, whose outputs are the classes; "" if none."""
        return next((layer.name for layer in reversed(self.layers) if layer.kind == "linear"), "")

    @property
    def parameters(self) -> int:
        """Return the number of parameters of the dense model."""
        if self.dense is not None:
            return int(self.dense["parameters"])
        return sum(layer.parameters for layer in self.layers)

    @property
    def zeros(self) -> int:
        """Return how many weights are zero before pruning; almost always none."""
        if self.dense is None:
            return 0
        entries = sum(layer.weights for layer in self.layers)
        return max(0, entries - int(self.dense["valid_weights"]))


def read(run: RunDir) -> Trained:
    """Read the model of a run that can be pruned.

    Raises:
        UserError: the run has no trained model yet, or its files cannot be read.
    """
    experiment = run.load_experiment()
    seed = experiment.all_seeds[0]
    stem = run.dense(seed)
    card = stem.with_name(f"{stem.name}.json")
    if not card.exists():
        raise UserError(
            "has no trained model yet",
            where=run.name,
            remedy="wait until training has finished",
        )
    data = read_bytes(card, largest=LARGEST_CARD)
    try:
        layers = tuple(_layer(row) for row in json.loads(data)["layers"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise UserError("is not a readable model card", where=str(card)) from None
    found = results.project(run.name, log.read(run.events))
    dense = [row for row in found.models if row["variant"] == "dense"]
    return Trained(
        RunDir(run.path.resolve()),
        experiment,
        layers,
        found,
        next((row for row in dense if row["seed"] == seed), None),
    )


def _layer(row: dict[str, Any]) -> Layer:
    shape = tuple(int(size) for size in row["weight_shape"])
    return Layer(str(row["name"]), str(row["kind"]), shape, int(row["parameters"]))
