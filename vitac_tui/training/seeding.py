"""Independent random streams from one seed, addressed by name instead of by state.

A stream depends on the seed, a name and numbers such as the epoch, so that order and
augmentation of any epoch can be had again without replaying the ones before it.
"""

from __future__ import annotations

import zlib

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


def be_repeatable() -> None:
    """Have torch choose algorithms that give the same figures every time, where it has them."""
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
