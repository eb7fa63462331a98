"""Mixup: each image of a batch is blended with another one, and so is its label.

Source: H. Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018. The shares of
an epoch are drawn at its start, from the seed and the epoch, so a resume draws the same.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vitac_tui.training.seeding import derive


def shares(alpha: float, batches: int, *, seed: int, epoch: int) -> list[float]:
    """Return the share of each image in its blend, in [0.5, 1], per batch of an epoch.

    Args:
        alpha: of the beta distribution that shares are drawn from; 0 = no blending, all 1.
        batches: of the epoch.
        seed: of the training.
        epoch: from 1.
    """
    if not alpha:
        return [1.0] * batches
    drawn = np.random.default_rng(derive(seed, "mixup", epoch)).beta(alpha, alpha, batches)
    # The larger share is the image's own; the blends are the same either way.
    return [max(share, 1 - share) for share in drawn.tolist()]


def blended(images: Tensor, share: float) -> Tensor:
    """Blend each image of a batch with the one before it, in the memory format of the batch."""
    return torch.lerp(other(images), images, share)


def other(batch: Tensor) -> Tensor:
    """Return what each image of a batch, or its label, is blended with."""
    return batch.roll(1, 0)
