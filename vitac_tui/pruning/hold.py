"""Keeping pruned weights at zero."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from vitac_tui.pruning.state import Prunable


@torch.no_grad()
def apply_masks(state: Prunable) -> None:
    """Set every masked entry to zero.

    Fills instead of multiplying: in a network gone wrong, NaN times zero would stay NaN.
    """
    parameters = dict(state.model.named_parameters())
    for name, mask in state.masks.items():
        parameters[name].masked_fill_(~mask, 0.0)


def hold_masks(optimizer: Optimizer, state: Prunable) -> RemovableHandle:
    """Re-apply the masks after every step of `optimizer`, until the handle is removed.

    Zeros would come back otherwise: two steps of SGD take a network from 60 % to 98 % non-zeros.
    An average of the weights (EMA) needs `apply_masks` of its own.

    Args:
        optimizer: steps on the parameters of `state.model` as they are now.
        state: the network and its masks; channel pruning needs a new optimiser and a new hold.
    """
    parameters = dict(state.model.named_parameters())
    pruned = [(parameters[name], ~mask) for name, mask in state.masks.items()]

    def zero_again(_optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        with torch.no_grad():
            for parameter, gone in pruned:
                parameter.masked_fill_(gone, 0.0)

    return optimizer.register_step_post_hook(zero_again)
