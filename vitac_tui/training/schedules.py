"""Learning-rate schedules, stepped once a batch, by the names of `experiment.choices.SCHEDULES`."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, OneCycleLR


def onecycle(optimizer: Optimizer, rate: float, steps: int) -> LRScheduler:
    """PyTorch's one-cycle policy; `rate` is its maximum, momentum is cycled too."""
    return OneCycleLR(optimizer, max_lr=rate, total_steps=steps)


def cosine(optimizer: Optimizer, rate: float, steps: int) -> LRScheduler:
    """Half a cosine from the optimiser's rate to zero."""
    return CosineAnnealingLR(optimizer, T_max=steps)


def constant(optimizer: Optimizer, rate: float, steps: int) -> LRScheduler:
    """The optimiser's rate throughout."""
    return ConstantLR(optimizer, factor=1.0, total_iters=steps)
