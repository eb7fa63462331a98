"""The settings of one training, its result, and the order of results."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from vitac_tui.experiment.stages import TrainSettings
from vitac_tui.models.precision import Precision
from vitac_tui.runs.rows import EpochScores


@dataclass(frozen=True)
class Recipe:
    """How to train a model."""

    train: TrainSettings
    learning_rate: float
    epochs: int
    seed: int
    modality: str
    augment: str
    precision: Precision
    class_weights: Tensor | None = None  # float32 [outputs]


@dataclass
class TrainingResult:
    """The result of a training so far, as plain numbers that a resume state can hold."""

    state: str = "finished"  # finished | diverged
    epochs: int = 0
    kept_epoch: int = 0
    wall_s: float = 0.0
    images: int = 0
    train: EpochScores | None = None  # of the last epoch
    val: EpochScores | None = None
    kept_train: EpochScores | None = None
    kept_val: EpochScores | None = None


def rank(val: EpochScores) -> tuple[float, float]:
    """Return a key that orders epochs and rates: by accuracy on validation, then smaller loss."""
    top1, loss = val["top1"], val["loss"]
    if top1 is None or loss is None or not math.isfinite(loss):
        return top1 or 0.0, -math.inf
    return top1, -loss
