"""Random pruning that can be repeated and disturbs nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Run a library's random code from `seed`; the global generators are as before afterwards.

    Args:
        seed: of the CPU's generator and, on an accelerator, of that device's too.
        device: where the random numbers may be drawn.
    """
    accelerator = None if device.type == "cpu" else torch.get_device_module(device)
    with torch.cuda.device(device) if device.type == "cuda" else nullcontext():
        state = torch.get_rng_state()
        accelerator_state = accelerator.get_rng_state() if accelerator else None
        # Not torch.manual_seed: that reseeds every accelerator there is, in use or not.
        torch.default_generator.manual_seed(seed)
        if accelerator:
            accelerator.manual_seed(seed)
        try:
            yield
        finally:
            torch.set_rng_state(state)
            if accelerator:
                accelerator.set_rng_state(accelerator_state)
