"""Count the weights that mask steps leave, from the layer table alone and without torch.

The count is a range where it depends on the weights' values: when slices are removed after single
weights, or when the random control may draw zeros. The preview process counts exactly. Amounts are
rounded as in torch: `round(amount * entries)`, half to even.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from vitac_tui.experiment.prune import (
    GlobalUnstructured,
    LayerUnstructured,
    LnStructured,
    Step,
    amounts,
    matching,
)

PRUNABLE = ("conv", "linear")
Range = tuple[int, int]  # lower and upper bound


@dataclass(frozen=True)
class Layer:
    """A row of the layer table of a saved model."""

    name: str
    kind: str  # conv | linear | batchnorm
    shape: tuple[int, ...]  # of its weight
    parameters: int  # including the bias

    @property
    def weights(self) -> int:
        """Return the number of entries of the weight."""
        return prod(self.shape)


def prunable(layers: Iterable[Layer]) -> list[str]:
    """Return the names of the layers that pruning ranks, in network order."""
    return [layer.name for layer in layers if layer.kind in PRUNABLE]


def kept(
    layers: Sequence[Layer], steps: Sequence[Step], *, keep_masks: bool, zeros: int = 0
) -> Range | None:
    """Return how many weights are non-zero after the steps, including batch-norm scales.

    Args:
        layers: layers of the dense model.
        steps: pruning steps in order.
        keep_masks: amounts refer to the unmasked weights; otherwise to all, zeros first.
        zeros: how many weights of the dense model are already zero.

    Returns:
        Lower and upper bound, equal if the count is exact. None if a step does more than mask, so
        that the table does not determine the count, or if a step sweeps.
    """
    if amounts(tuple(steps)):
        return None
    masked = [_Masked(layer) for layer in layers if layer.kind in PRUNABLE]
    other = sum(layer.weights for layer in layers if layer.kind not in PRUNABLE)
    whole = sum(layer.weights for layer in masked)
    total = (whole, whole)
    for step in steps:
        match step:
            case GlobalUnstructured():
                total = _globally(masked, total, step, keep_masks)
            case LayerUnstructured() | LnStructured():
                names = set(matching(step.layers, (layer.name for layer in masked)))
                hit = [layer for layer in masked if layer.name in names]
                total = _by_layer(masked, hit, total, step, keep_masks)
            case _:
                return None
    # The steps may or may not mask weights that were already zero.
    return max(0, total[0] - zeros) + other, total[1] + other


class _Masked:
    """A layer's remaining weights, as far as the layer table determines them."""

    def __init__(self, layer: Layer) -> None:
        self.name = layer.name
        self.shape = layer.shape
        self.weights = layer.weights
        self.left: Range = (layer.weights, layer.weights)
        # Slices removed along each dimension; None once single weights were removed.
        self.gone: list[int] | None = [0] * len(layer.shape)

    def lose_single(self, left: Range) -> None:
        """Record that single weights at unknown places were removed."""
        if left != self.left:
            self.left, self.gone = left, None

    def lose_slices(self, step: LnStructured, keep_masks: bool) -> None:
        """Remove whole slices along a dimension, those with the smallest norm first."""
        width = self.shape[step.dim]
        if self.gone is not None:
            gone = self.gone[step.dim]
            if keep_masks:
                self.gone[step.dim] = gone + _count(step, width - gone)
            else:
                self.gone[step.dim] = max(gone, _count(step, width))
            left = prod(size - gone for size, gone in zip(self.shape, self.gone, strict=True))
            self.left = left, left
            return
        size, least, most = self.weights // width, *self.left
        gone = _count(step, width)
        self.left = max(0, least - gone * size), min(most, (width - gone) * size)


def _globally(
    masked: Sequence[_Masked], total: Range, step: GlobalUnstructured, keep_masks: bool
) -> Range:
    whole = sum(layer.weights for layer in masked)
    after = _singles(total, whole, step, keep_masks)
    most_gone = max(before - left for before, left in zip(total, after, strict=True))
    if step.importance == "random" and not keep_masks:
        most_gone = _count(step, whole)
    for layer in masked:
        least, most = layer.left
        layer.lose_single((max(0, least - most_gone), most))
    return after


def _by_layer(
    masked: Sequence[_Masked],
    hit: Sequence[_Masked],
    total: Range,
    step: LayerUnstructured | LnStructured,
    keep_masks: bool,
) -> Range:
    least, most = total
    for layer in hit:
        before = layer.left
        if isinstance(step, LnStructured):
            layer.lose_slices(step, keep_masks)
        else:
            layer.lose_single(_singles(before, layer.weights, step, keep_masks))
        least -= before[1] - layer.left[0]
        most -= max(0, before[0] - layer.left[1])
    sums = [sum(layer.left[end] for layer in masked) for end in (0, 1)]
    return max(least, sums[0]), min(most, sums[1])


def _singles(
    left: Range, whole: int, step: GlobalUnstructured | LayerUnstructured, keep_masks: bool
) -> Range:
    """Return the range left of `whole` entries after single weights are removed.

    Args:
        left: the range before the step.
    """
    least, most = left
    if keep_masks:
        return least - _count(step, least), most - _count(step, most)
    gone = _count(step, whole)
    if step.importance == "random":  # may draw weights that are already zero
        return max(0, least - gone), min(most, whole - gone)
    return min(least, whole - gone), min(most, whole - gone)


def _count(step: Step, entries: int) -> int:
    return round(float(step.amount) * entries)  # type: ignore[attr-defined]  # of mask steps
