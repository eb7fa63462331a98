"""Choosing which channels to remove, given the fraction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, gcd
from typing import Literal

import torch
from torch import Tensor, nn

from vitac_tui.models.layers import prunable_layers
from vitac_tui.pruning.graph import Graph, Group, Removal, channel_groups, least_of_part

Score = Callable[[Group], Tensor | None]  # channels of a group -> importance of each

GLOBAL_LEAST_SHARE = 0.1  # of its channels that each layer keeps under global ranking


@dataclass(frozen=True)
class Candidate:
    """A group of tied layers, with the importance of each channel that can be removed.

    In a grouped convolution, `scores` holds the mean over its parts, and removing position p
    removes channel p of every part.
    """

    layer: str
    prune: Callable[..., object]
    parts: int
    scores: Tensor  # channels / parts, on the CPU

    @property
    def size(self) -> int:
        """Number of positions to choose from."""
        return len(self.scores)


def candidates(graph: Graph, score: Score, protected: Sequence[nn.Module]) -> list[Candidate]:
    """Return every group of the network whose channels may be removed, with scores.

    Args:
        graph: the traced network.
        score: importance of the channels of a group.
        protected: layers that keep all output channels.
    """
    names = {module: name for name, module in prunable_layers(graph.model).items()}
    found = []
    for group in graph.get_all_groups(ignored_layers=list(protected)):
        scores = score(group)
        if scores is None:
            continue
        parts = channel_groups(group)
        # Normalising a group that is masked completely gives 0/0: it is the least important.
        mean = scores.detach().float().cpu().reshape(parts, -1).mean(dim=0).nan_to_num(0.0)
        root = group[0].dep.target.module
        found.append(Candidate(names[root], group[0].dep.handler, parts, mean))
    return found


def least_important(
    found: Sequence[Candidate],
    amount: float,
    *,
    scope: Literal["local", "global"],
    round_to: int,
) -> list[Removal]:
    """Choose the channels to remove.

    The choice is that of torch-pruning's own pruner, except for narrow layers. That pruner skips a
    layer that would be rounded to zero channels: at 0.9, ResNet18 keeps all of its first stage. It
    also rounds grouped convolutions to zero. Here a layer always keeps `round_to` channels, or all
    if it has fewer, and a grouped convolution is rounded over all its parts. Under global ranking,
    a layer also keeps a tenth of its channels.

    Args:
        found: groups whose channels may be removed.
        amount: fraction of the channels to remove, in [0, 1).
        scope: the same fraction of every group, or ranked over all groups.
        round_to: the number of channels kept is rounded down to a multiple of this.
    """
    if scope == "local":
        kept = [candidate.size - _share(candidate.size, amount) for candidate in found]
        least = [0] * len(found)
    else:
        kept = _kept_globally(found, amount)
        least = [ceil(candidate.size * GLOBAL_LEAST_SHARE) for candidate in found]
    removals = []
    for candidate, keep, floor in zip(found, kept, least, strict=True):
        if keep == candidate.size:
            continue
        unit = round_to // gcd(round_to, candidate.parts)
        floor = ceil(floor / unit) * unit
        least_left = min(max(unit, floor, least_of_part(candidate.parts)), candidate.size)
        keep = max(keep - keep % unit, least_left)
        order = candidate.scores.argsort(stable=True)
        positions = sorted(order[: candidate.size - keep].tolist())
        if positions:
            channels = tuple(
                part * candidate.size + position
                for part in range(candidate.parts)
                for position in positions
            )
            removals.append(Removal(candidate.layer, candidate.prune, channels))
    return removals


def _share(total: int, amount: float) -> int:
    """Return how many of `total` to remove; rounds the rest down, as torch-pruning does."""
    return total - int(total * (1 - amount) + 1e-9)  # 1 - 0.9 is slightly below 0.1


def _kept_globally(found: Sequence[Candidate], amount: float) -> list[int]:
    if not found:
        return []
    sizes = [candidate.size for candidate in found]
    scores = torch.cat([candidate.scores for candidate in found])
    kept = torch.ones(len(scores), dtype=torch.bool)
    kept[scores.argsort(stable=True)[: _share(len(scores), amount)]] = False
    return [int(part.sum()) for part in torch.split(kept, sizes)]
