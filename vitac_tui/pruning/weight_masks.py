"""Choosing single weights: exactly as many as an amount asks for, by one threshold.

`torch.nn.utils.prune` takes the `topk` of everything that goes; a partial partition of the scores
around their threshold finds it in a fraction of the time. The masks are the same, but for equal
scores at the threshold, of which here the first in the network's order go.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_SAMPLED = 601  # one of so many; prime, so that it keeps no step with channels or kernels


def magnitude(weight: Tensor) -> Tensor:
    """Size of each entry; a NaN counts as the largest. The smallest goes first."""
    return weight.abs().nan_to_num_(nan=torch.inf, posinf=torch.inf)


def random(weight: Tensor) -> Tensor:
    """A draw for each entry, from the device's global generator; the same in any memory format."""
    return torch.rand(weight.shape, device=weight.device)


def without_smallest(
    scores: Sequence[Tensor], alive: Sequence[Tensor | None], amount: float
) -> list[Tensor]:
    """Masks of what stays when `amount` of all entries goes, those with the smallest scores first.

    Args:
        scores: of each layer's entries, in any memory format, on one device; without NaN.
        alive: of each layer, bool: the entries that are ranked and counted; None = all. The others
            are masked already and stay so.
        amount: share of the ranked entries, in [0, 1]; the number is rounded as torch rounds it.

    Returns:
        For each layer, bool, True = kept, in the memory format of its scores.
    """
    pairs = list(zip(scores, alive, strict=True))
    ranked = torch.cat([_values(s) if a is None else s[a] for s, a in pairs])
    count = round(amount * len(ranked))
    if not count:
        return [torch.ones_like(s, dtype=torch.bool) if a is None else a.clone() for s, a in pairs]
    limit = kth_smallest(ranked, count)
    kept = [s > limit if a is None else (s > limit) & a for s, a in pairs]
    # Of the entries at the threshold itself as many stay as make the number exact: the last ones.
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
    """All entries in one dimension, in whatever order costs no transposition."""
    if scores.dim() == 4 and scores.is_contiguous(memory_format=torch.channels_last):
        scores = scores.permute(0, 2, 3, 1)
    return scores.flatten()


def kth_smallest(values: Tensor, k: int) -> float:
    """The k-th smallest value, k from 1: exactly, whatever the sample says.

    Only what lies between two values that a sample puts around it is partitioned, some three
    hundredths of ten million (R. W. Floyd and R. L. Rivest, "Expected time bounds for selection",
    1975).
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
    """Values that most likely have the k-th smallest between them."""
    sample = values[::_SAMPLED].sort().values
    position, margin = k // _SAMPLED, 2 * math.isqrt(len(sample))  # four deviations of the rank
    low, high = position - margin, position + margin
    return (
        float(sample[low]) if low >= 0 else -math.inf,
        float(sample[high]) if high < len(sample) else math.inf,
    )
