"""Masking single weights below one threshold, exactly as many as an amount asks for.

`torch.nn.utils.prune` finds them by `topk`. A partial partition around the threshold takes a
fraction of that time. The masks are the same, except for equal scores at the threshold: here the
first ones in the network's order are masked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_SAMPLED = 601  # every 601st value; prime, so as not to align with channels or kernels


def magnitude(weight: Tensor) -> Tensor:
    """Return the magnitude of each entry; NaN counts as the largest."""
    return weight.abs().nan_to_num_(nan=torch.inf, posinf=torch.inf)


def random(weight: Tensor) -> Tensor:
    """Return a random score per entry; the memory format of `weight` does not matter."""
    return torch.rand(weight.shape, device=weight.device)


def without_smallest(
    scores: Sequence[Tensor], alive: Sequence[Tensor | None], amount: float
) -> list[Tensor]:
    """Return masks without the fraction `amount` of all entries with the smallest scores.

    Args:
        scores: per layer, of each entry, in any memory format, on one device, without NaN.
        alive: per layer, bool: the entries that are ranked and counted; None = all. The others are
            masked already and stay masked.
        amount: fraction of the ranked entries, in [0, 1]; the number is rounded as torch rounds it.

    Returns:
        Per layer, bool, True = kept, in the memory format of the scores.
    """
    pairs = list(zip(scores, alive, strict=True))
    ranked = torch.cat([_values(s) if a is None else s[a] for s, a in pairs])
    count = round(amount * len(ranked))
    if not count:
        return [torch.ones_like(s, dtype=torch.bool) if a is None else a.clone() for s, a in pairs]
    limit = kth_smallest(ranked, count)
    kept = [s > limit if a is None else (s > limit) & a for s, a in pairs]
    # To make the number exact, the last entries equal to the threshold stay.
    stays = len(ranked) - count - sum(int(mask.count_nonzero()) for mask in kept)
    for mask, (s, a) in reversed(list(zip(kept, pairs, strict=True))):
        if not stays:
            break
        equal = s == limit if a is None else (s == limit) & a
        positions = equal.nonzero()[-stays:]
        mask[tuple(positions.T)] = True
        stays -= len(positions)
    return kept


def _values(scores: Tensor) -> Tensor:
    """Return all entries in one dimension, in memory order, so that nothing is transposed."""
    if scores.dim() == 4 and scores.is_contiguous(memory_format=torch.channels_last):
        scores = scores.permute(0, 2, 3, 1)
    return scores.flatten()


def kth_smallest(values: Tensor, k: int) -> float:
    """Return the k-th smallest value exactly, k from 1.

    A sample gives two values that most likely enclose it, and only the values between these are
    partitioned: 3 % of ten million. If the sample misleads, all values are. Source: R. W. Floyd and
    R. L. Rivest, "Expected time bounds for selection", 1975.
    """
    low, high = _around(values, k)
    below = int((values < low).count_nonzero())
    between = values[(values >= low) & (values <= high)]
    if below < k <= below + len(between):
        values, k = between, k - below
    if values.device.type == "cpu":
        return float(np.partition(values.numpy(), k - 1)[k - 1])
    return float(values.sort().values[k - 1])  # `kthvalue` is not deterministic on CUDA


def _around(values: Tensor, k: int) -> tuple[float, float]:
    """Return two values that most likely enclose the k-th smallest."""
    sample = values[::_SAMPLED].sort().values
    position, margin = (
        k // _SAMPLED,
        2 * math.isqrt(len(sample)),
    )  # four standard deviations of the rank
    low, high = position - margin, position + margin
    return (
        float(sample[low]) if low >= 0 else -math.inf,
        float(sample[high]) if high < len(sample) else math.inf,
    )
