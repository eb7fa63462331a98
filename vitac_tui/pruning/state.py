"""The data of pruning: the network with its masks, and what a step is given and reports."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from vitac_tui.models.layers import nonzero, prunable_layers
from vitac_tui.runs.interrupt import Interrupter

Batches = Callable[[], Iterable[tuple[Tensor, Tensor]]]


@dataclass
class Prunable:
    """A network, and the masks of its zeroed weights.

    The network is never reparametrised: its keys are unchanged and its zeros are real zeros, so it
    can be copied, timed and saved like any other. Masks are moved to its device.
    """

    model: nn.Module
    masks: dict[str, Tensor] = field(default_factory=dict)  # parameter name -> bool, True = kept
    dense_weights: int = 0  # convolution and linear weights before any pruning; 0 = count now

    def __post_init__(self) -> None:
        device = next(self.model.parameters()).device
        self.masks = {name: mask.to(device) for name, mask in self.masks.items()}
        self.dense_weights = self.dense_weights or weights(self.model)

    def copy(self) -> Prunable:
        """Return a copy that can be pruned independently."""
        return Prunable(copy.deepcopy(self.model), dict(self.masks), self.dense_weights)


@dataclass(frozen=True)
class StepContext:
    """What a step is given besides its settings."""

    keep_masks: bool  # count amounts from weights that are not masked yet
    image_size: int  # pixels, height and width
    seed: int
    batches: Batches | None  # training batches, for criteria that use images
    device: torch.device
    interrupter: Interrupter | None


@dataclass(frozen=True)
class StepResult:
    """What the implementation of a step reports."""

    detail: str
    taken: float  # fraction removed, of the weights or channels that the amount counts
    rounding: str = ""  # why this may differ from the amount
    note: str = ""  # a warning


@dataclass(frozen=True)
class StepReport:
    """What a step was asked to prune, and what it pruned.

    Fractions are of nonzero convolution and linear weights, so masks and channels are comparable.
    """

    method: str
    kind: str  # "masks" or "channels"
    requested: float | list[int] | None  # the amount, the channels by number, or neither
    removed: float  # fraction of the dense model's weights
    of_left: float  # fraction of the weights left before this step
    detail: str
    note: str  # "" or a warning, such as "removed nothing"


def weights(model: nn.Module) -> int:
    """Return the number of convolution and linear weights, without biases and batch-norm."""
    return sum(layer.weight.numel() for layer in prunable_layers(model).values())


def nonzero_weights(model: nn.Module) -> int:
    """Return the number of convolution and linear weights that are not zero."""
    counts = [nonzero(layer.weight.detach()) for layer in prunable_layers(model).values()]
    return int(torch.stack(counts).sum())
