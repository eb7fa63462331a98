"""Train and eval modes of a network's modules, and its memory format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """Put the network in eval mode, and restore the mode of each module on leaving.

    `model.train()` would not restore them: a frozen batch-norm layer belongs in eval mode.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def is_channels_last(model: nn.Module) -> bool:
    """Return whether the convolutions store their weights in channels-last order.

    Weights with 1x1 kernels or one input channel fit both orders: one unambiguous weight decides.
    """
    return any(
        parameter.is_contiguous(memory_format=torch.channels_last) and not parameter.is_contiguous()
        for parameter in model.parameters()
        if parameter.dim() == 4
    )
