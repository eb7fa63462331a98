"""Which channels go when a share of them is to be removed."""

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

GLOBAL_LEAST_SHARE = 0.1  # of its channels, that each layer keeps under global ranking


@dataclass(frozen=True)
class Candidate:
    """A group of tied layers, with the importance of each channel that it could lose.

    A grouped convolution counts its channels per part: `scores` then holds the mean over the parts,
    and losing position p means losing channel p of every part.
    """

    layer: str
    prune: Callable[..., object]
    parts: int
    scores: Tensor  # channels / parts, on the CPU

    @property
    def size(self) -> int:
        """Positions to choose from."""
        return len(self.scores)


def candidates(graph: Graph, score: Score, protected: Sequence[nn.Module]) -> list[Candidate]:
    """Every group of the network that may lose channels, scored.

    Args:
        graph: the traced network.
        score: importance of the channels of a group.
        protected: layers whose outputs stay.
    """
    names = {module: name for name, module in prunable_layers(graph.model).items()}
    found = []
    for group in graph.get_all_groups(ignored_layers=list(protected)):
        scores = score(group)
        if scores is None:
            continue
        parts = channel_groups(group)
        # A group masked to nothing gives 0/0 in the criteria's normalisation: it matters least.
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

    As torch-pruning's own pruner chooses, except where that gives up: rounding a narrow layer to
    nothing makes it skip the layer (at 0.9, ResNet18 keeps its first stage whole), and it rounds
    grouped convolutions to nothing as well. Here a layer always keeps `round_to` channels, or all
    when it has fewer, and a grouped convolution is rounded over all its parts. Under global
    ranking a layer also keeps a tenth of its channels, so that none dies.

    Args:
        found: what may lose channels.
        amount: share of the channels to remove, in [0, 1).
        scope: the same share of every group, or ranked over all groups.
        round_to: what is kept is rounded down to a multiple of this.
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
    """How many of `total` to remove; what is kept is rounded down, as torch-pruning does."""
    return total - int(total * (1 - amount) + 1e-9)  # 1 - 0.9 is a little less than 0.1


def _kept_globally(found: Sequence[Candidate], amount: float) -> list[int]:
    if not found:
        return []
    sizes = [candidate.size for candidate in found]
    scores = torch.cat([candidate.scores for candidate in found])
    kept = torch.ones(len(scores), dtype=torch.bool)
    kept[scores.argsort(stable=True)[: _share(len(scores), amount)]] = False
    return [int(part.sum()) for part in torch.split(kept, sizes)]
