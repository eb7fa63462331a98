"""Independent random streams from one seed, addressed by name instead of by state.

A stream follows from the seed, a name and numbers such as the epoch. So the order and augmentation
of any epoch can be drawn again without replaying the epochs before it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
import torch


def derive(seed: int, stream: str, *numbers: int) -> int:
    """Return a 63-bit seed for one use of an experiment's seed."""
    entropy = [seed, zlib.crc32(stream.encode()), *numbers]
    state = np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0]
    return int(state) >> 1


def generator(seed: int, stream: str, *numbers: int) -> torch.Generator:
    """Return a CPU generator for one use of an experiment's seed."""
    return torch.Generator().manual_seed(derive(seed, stream, *numbers))


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Have code that draws from torch's global generators draw from `seed`; restore them after.

    Args:
        seed: of the CPU's generator and, on an accelerator, of that device's as well.
        device: where random numbers may be drawn.
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


def choose_algorithms(device: torch.device, *, deterministic: bool) -> None:
    """Have torch use deterministic algorithms, or the fastest ones.

    On the CPU, results always repeat. On CUDA, `use_deterministic_algorithms` covers cuDNN's
    convolutions and, with the variable that `devices.pick` sets, cuBLAS. According to torch's
    documentation and source, that is all that the built-in networks need. An operation without a
    deterministic algorithm leaves a warning in the log. cuDNN finds the fastest algorithms by
    timing, which does not repeat, so it is off by default.
    """
    deterministic = deterministic or device.type != "cuda"
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
    # Filling new memory takes 2 % of a step on the CPU, and is overwritten before it is read.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = not deterministic
