"""Learning-rate schedules, stepped once per batch (`experiment.registries.SCHEDULES`)."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, OneCycleLR


def onecycle(optimizer: Optimizer, rate: float, steps: int) -> LRScheduler:
    """Return PyTorch's one-cycle schedule; `rate` is its maximum.

    Momentum, or Adam's first beta, changes in the opposite direction by 0.05 on either side (less
    near 0 and 1). For 0.9 this is PyTorch's default range.
    """
    group = optimizer.param_groups[0]
    momentum = group["momentum"] if "momentum" in group else group["betas"][0]
    by = min(0.05, (1 - momentum) / 2, momentum)
    low, high = round(momentum - by, 6), round(momentum + by, 6)  # exactly .85 and .95
    return OneCycleLR(
        optimizer,
        max_lr=rate,
        total_steps=steps,
        base_momentum=low,
        max_momentum=high,
    )


def cosine(optimizer: Optimizer, rate: float, steps: int) -> LRScheduler:
    """Return half a cosine from the optimiser's rate to zero."""
    return CosineAnnealingLR(optimizer, T_max=steps)


def constant(optimizer: Optimizer, rate: float, steps: int) -> LRScheduler:
    """Return a schedule that keeps the optimiser's rate."""
    return ConstantLR(optimizer, factor=1.0, total_iters=steps)
