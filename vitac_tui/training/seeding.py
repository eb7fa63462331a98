"""Independent random streams from one seed, addressed by name instead of by state.

A stream depends on the seed, a name and numbers such as the epoch, so that order and
augmentation of any epoch can be had again without replaying the ones before it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
import torch


def derive(seed: int, stream: str, *numbers: int) -> int:
    """A 63-bit seed for one use of an experiment's seed."""
    entropy = [seed, zlib.crc32(stream.encode()), *numbers]
    state = np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0]
    return int(state) >> 1


def generator(seed: int, stream: str, *numbers: int) -> torch.Generator:
    """A CPU generator for one use of an experiment's seed."""
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
    """Have torch choose algorithms that give the same figures every time, or the fastest ones.

    On the CPU the figures always repeat. On CUDA `use_deterministic_algorithms` covers cuDNN's
    convolutions and, with what `pick` sets, cuBLAS; by its documentation and source nothing that
    the networks here do is left over: pooling to one pixel is a mean, and max-pooling backwards
    gathers. An operation that has no such algorithm would leave a warning in the log. What is
    fastest cuDNN finds by timing, so that is never done unasked.
    """
    deterministic = deterministic or device.type != "cuda"
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
    # It would fill fresh memory that is written before it is read: 2 % of a step on the CPU.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = not deterministic
