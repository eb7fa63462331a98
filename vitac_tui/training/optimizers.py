"""Optimisers (`experiment.registries.OPTIMIZERS`)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from vitac_tui.experiment.stages import TrainSettings


def adam(parameters: Iterable[nn.Parameter], train: TrainSettings, rate: float) -> Optimizer:
    """Return Adam with PyTorch's default moments."""
    held = list(parameters)
    return Adam(held, lr=rate, weight_decay=train.weight_decay, fused=_fused(held))


def adamw(parameters: Iterable[nn.Parameter], train: TrainSettings, rate: float) -> Optimizer:
    """Return Adam with decoupled weight decay."""
    held = list(parameters)
    return AdamW(held, lr=rate, weight_decay=train.weight_decay, fused=_fused(held))


def sgd(parameters: Iterable[nn.Parameter], train: TrainSettings, rate: float) -> Optimizer:
    """Return SGD with momentum and L2 penalty."""
    held = list(parameters)
    optimizer = SGD(
        held,
        lr=rate,
        momentum=train.momentum,
        weight_decay=train.weight_decay,
        fused=_fused(held),
    )
    if train.momentum:
        # The fused kernel leaves momenta uninitialised until its first step, which a loss scaler
        # may skip. Zeros give exactly the same first step.
        for parameter in held:
            optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return optimizer


def _fused(parameters: list[nn.Parameter]) -> bool:
    return all(p.device.type in ("cpu", "cuda") and p.dtype == torch.float32 for p in parameters)
