"""Running a network in eval mode, and giving every module its own mode back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """Put the network in eval mode; on leaving, each module's own mode returns.

    A single `model.train()` would not do: a frozen batch-norm layer inside stays in eval mode.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def is_channels_last(model: nn.Module) -> bool:
    """Whether the convolutions keep their weights in channels-last order.

    1x1 kernels and single input channels fit both orders, so one clear case decides.
    """
    return any(
        parameter.is_contiguous(memory_format=torch.channels_last) and not parameter.is_contiguous()
        for parameter in model.parameters()
        if parameter.dim() == 4
    )
