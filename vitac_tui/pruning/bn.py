"""Re-estimating batch-norm statistics: recovery without training."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from vitac_tui.models.modes import eval_mode
from vitac_tui.models.precision import Precision, autocast
from vitac_tui.runs.interrupt import Interrupter


def recalibrate(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    n: int,
    *,
    device: str | torch.device,
    precision: Precision,
    interrupter: Interrupter | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Replace the running statistics of batch-norm layers by averages over training images.

    Weights, modes and momenta stay as they are. Each batch counts the same, so give full batches.

    Args:
        model: on `device`, with its masks applied.
        batches: (images, output indices); batches of one image, which have no variance, are
            skipped.
        n: how many batches to take at most.
        device: where to compute.
        precision: the precision that the network runs in.
        interrupter: checked before every batch; on interruption the statistics are of the batches
            so far.
        progress: called after every batch with (batches done, n).

    Returns:
        The number of batches used; with 0, the statistics are unchanged.

    Raises:
        Interrupted: by `interrupter`.
    """
    device = torch.device(device)
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    used = 0
    with eval_mode(model), torch.no_grad():
        try:
            for norm in norms:
                norm.train()
                norm.momentum = None  # a plain average over all batches
            coming = iter(batches)
            while used < n and (batch := next(coming, None)) is not None:
                if interrupter is not None:
                    interrupter.check()
                images, _ = batch
                if len(images) < 2:
                    continue
                if not used:
                    for norm in norms:
                        norm.reset_running_stats()
                with autocast(device, precision):
                    model(images.to(device, non_blocking=True))
                used += 1
                if progress is not None:
                    progress(used, n)
        finally:
            for norm, momentum in zip(norms, momenta, strict=True):
                norm.momentum = momentum
    return used
