"""What reaches the classifier, kept for models that differ in the classifier alone.

A sweep over the last layer scores many models whose convolutions are the same to the bit. Their
features are computed once; each further score is then a product of two small matrices, with the
figures, to the bit, of a pass through the whole network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vitac_tui.models.layers import classifier_name

NETWORKS = 2  # that were evaluated last
MOST_BYTES = 2**28  # of features of one network; larger sets are evaluated in full each time


@dataclass(frozen=True, eq=False)
class _Kept:
    split: str
    below: dict[str, Tensor]  # parameters and statistics of everything but the classifier
    batches: list[Tensor]  # batch x features


class Features:
    """The features of the networks that were evaluated last, on any split, and of one that is held.

    Without it, a sweep that changes every layer would push out the dense network, which the
    sweep after it starts from.
    """

    def __init__(self) -> None:
        self._kept: list[_Kept] = []  # the one used last at the end
        self._held: _Kept | None = None

    def find(self, model: nn.Module, split: str) -> list[Tensor] | None:
        """Features of `split` below this model's classifier, batch by batch, where they are known.

        Equal networks are found by comparing all their tensors, which takes some 10 ms.
        """
        found = self._find(model, split)
        if found in self._kept:
            self._kept.remove(found)
            self._kept.append(found)
        return found.batches if found else None

    def keep(self, model: nn.Module, split: str, batches: list[Tensor]) -> None:
        """Remember the features of a model, and forget those not used for longest.

        Args:
            model: as it was evaluated; its tensors are copied, since it may be trained on.
            split: whose images.
            batches: from `captured`; none where they were too many.
        """
        if batches:
            below = {name: value.clone() for name, value in _below_classifier(model).items()}
            self._kept = [*self._kept[1 - NETWORKS :], _Kept(split, below, batches)]

    def hold(self, model: nn.Module, split: str) -> None:
        """Remember a model's features, where they are known, until those of another are held."""
        self._held = self._find(model, split)

    def _find(self, model: nn.Module, split: str) -> _Kept | None:
        below = _below_classifier(model)
        for kept in (*reversed(self._kept), self._held):
            if kept is not None and kept.split == split and _equal(kept.below, below):
                return kept
        return None


@contextmanager
def captured(network: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what reaches the classifier while the network runs, unless it takes much memory."""
    batches: list[Tensor] = []
    size = 0

    def collect(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        nonlocal size
        size += inputs[0].nbytes
        if size > MOST_BYTES:
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
