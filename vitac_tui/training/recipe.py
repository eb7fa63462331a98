"""What goes into a training, what comes out of it, and which of two outcomes is better."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from vitac_tui.experiment.stages import Train
from vitac_tui.models.precision import Precision
from vitac_tui.runs.rows import EpochScores


@dataclass(frozen=True)
class Recipe:
    """How to train, apart from the model and the images."""

    train: Train
    learning_rate: float
    epochs: int
    seed: int
    modality: str
    augment: str
    precision: Precision
    class_weights: Tensor | None = None  # float32 [outputs]


@dataclass
class TrainingResult:
    """What a training came to: plain figures, so that a resume state can hold them."""

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
    """Order of epochs and of rates by validation: accuracy, then smaller loss."""
    top1, loss = val["top1"], val["loss"]
    if top1 is None or loss is None or not math.isfinite(loss):
        return top1 or 0.0, -math.inf
    return top1, -loss
