"""What pruning works on and what a step reports."""

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
    """A plain network and, beside it, the masks that its zeros are held by.

    The network never carries a reparametrisation: its keys are clean, its zeros are real zeros,
    and whatever copies, times or saves it sees an ordinary model. Masks go to its device.
    """

    model: nn.Module
    masks: dict[str, Tensor] = field(default_factory=dict)  # parameter name -> bool, True = kept
    dense_weights: int = 0  # convolution and linear weights before any pruning; 0 = count now

    def __post_init__(self) -> None:
        device = next(self.model.parameters()).device
        self.masks = {name: mask.to(device) for name, mask in self.masks.items()}
        self.dense_weights = self.dense_weights or weights(self.model)

    def copy(self) -> Prunable:
        """The same network and masks, to be pruned apart from these."""
        return Prunable(copy.deepcopy(self.model), dict(self.masks), self.dense_weights)


@dataclass(frozen=True)
class StepContext:
    """What a step may use besides its own settings."""

    keep_masks: bool  # amounts are of the still unmasked, instead of everything
    image_size: int  # pixels, height and width
    seed: int
    batches: Batches | None  # training batches, for criteria that need gradients
    device: torch.device
    interrupter: Interrupter | None


@dataclass(frozen=True)
class StepResult:
    """What an implementation says of its own step."""

    detail: str
    taken: float  # share of what the amount is of that went
    rounding: str = ""  # why that may be more or less than the amount
    note: str = ""


@dataclass(frozen=True)
class StepReport:
    """What a step was asked for and what it did.

    Shares are of convolution and linear weights that are not zero, so masks and channels compare.
    """

    method: str
    kind: str  # "masks" or "channels"
    requested: float | list[int] | None  # the amount, the channels by number, or neither
    removed: float  # share of the dense model's weights
    of_left: float  # share of the weights left before this step
    detail: str
    note: str  # "" or what the user should know, such as "removed nothing"


def weights(model: nn.Module) -> int:
    """How many convolution and linear weights there are; biases and batch-norm apart."""
    return sum(layer.weight.numel() for layer in prunable_layers(model).values())


def nonzero_weights(model: nn.Module) -> int:
    """How many of them are not zero."""
    counts = [nonzero(layer.weight.detach()) for layer in prunable_layers(model).values()]
    return int(torch.stack(counts).sum())
