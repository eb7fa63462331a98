"""Learning-rate schedules, stepped once per batch (`experiment.registries.SCHEDULES`)."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, OneCycleLR


def onecycle(optimizer: Optimizer, rate: float, steps: int) -> LRScheduler:
    """PyTorch's one-cycle policy; `rate` is its maximum.

    Momentum goes the other way, by .05 around what it is (less near 0 and 1): PyTorch's own range
    for a momentum, or a first beta, of .9.
    """
    group = optimizer.param_groups[0]
    momentum = group["momentum"] if "momentum" in group else group["betas"][0]
    by = min(0.05, (1 - momentum) / 2, momentum)
    low, high = round(momentum - by, 6), round(momentum + by, 6)  # .85 and .95, to the bit
    return OneCycleLR(
        optimizer,
        max_lr=rate,
        total_steps=steps,
        base_momentum=low,
        max_momentum=high,
    )


def cosine(optimizer: Optimizer, rate: float, steps: int) -> LRScheduler:
    """Half a cosine from the optimiser's rate to zero."""
    return CosineAnnealingLR(optimizer, T_max=steps)


def constant(optimizer: Optimizer, rate: float, steps: int) -> LRScheduler:
    """The optimiser's rate throughout."""
    return ConstantLR(optimizer, factor=1.0, total_iters=steps)
