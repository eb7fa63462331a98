"""Cache classifier inputs for models that differ only in the classifier.

A sweep over the last layer evaluates many models with bit-identical convolutions. Their features
are computed once. Every further evaluation multiplies two small matrices, and its results are
bit-identical to those of the whole network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vitac_tui.models.layers import classifier_name

NETWORKS = 2  # number of most recently used networks to keep
MAX_BYTES = 2**28  # of features of one network; larger sets are evaluated in full each time


@dataclass(frozen=True, eq=False)
class _Kept:
    split: str
    below: dict[str, Tensor]  # parameters and buffers of all layers but the classifier
    batches: list[Tensor]  # batch x features


class Features:
    """The features of the most recently evaluated networks, and of one pinned network.

    The dense network is pinned. Otherwise a sweep that changes every layer would evict it, and
    the next sweep starts from it again.
    """

    def __init__(self) -> None:
        self._kept: list[_Kept] = []  # most recently used last
        self._held: _Kept | None = None

    def find(self, model: nn.Module, split: str) -> list[Tensor] | None:
        """Return the cached classifier inputs for `split`, batch by batch; None if not cached.

        Networks are compared tensor by tensor, which takes about 10 ms.
        """
        found = self._find(model, split)
        if found in self._kept:
            self._kept.remove(found)
            self._kept.append(found)
        return found.batches if found else None

    def keep(self, model: nn.Module, split: str, batches: list[Tensor]) -> None:
        """Cache the features of a model, and evict the least recently used ones.

        Args:
            model: as it was evaluated; its tensors are copied, since training may change them.
            split: the evaluated split.
            batches: from `captured`; empty if they were too large.
        """
        if batches:
            below = {name: value.clone() for name, value in _below_classifier(model).items()}
            self._kept = [*self._kept[1 - NETWORKS :], _Kept(split, below, batches)]

    def hold(self, model: nn.Module, split: str) -> None:
        """Pin a model's features, if cached, until another model is pinned."""
        self._held = self._find(model, split)

    def _find(self, model: nn.Module, split: str) -> _Kept | None:
        below = _below_classifier(model)
        for kept in (*reversed(self._kept), self._held):
            if kept is not None and kept.split == split and _equal(kept.below, below):
                return kept
        return None


@contextmanager
def captured(network: nn.Module) -> Iterator[list[Tensor]]:
    """Collect the classifier's inputs while the network runs; nothing if above `MAX_BYTES`."""
    batches: list[Tensor] = []
    size = 0

    def collect(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        nonlocal size
        size += inputs[0].nbytes
        if size > MAX_BYTES:
            batches.clear()
        else:
            batches.append(inputs[0])

    handle = network.get_submodule(classifier_name(network)).register_forward_pre_hook(collect)
    try:
        yield batches
    finally:
        handle.remove()


def _below_classifier(model: nn.Module) -> dict[str, Tensor]:
    prefix = f"{classifier_name(model)}."
    return {n: value for n, value in model.state_dict().items() if not n.startswith(prefix)}


def _equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        one[name].shape == other[name].shape and torch.equal(one[name], other[name]) for name in one
    )
