"""The steps that mask weights, which stay in the network as zeros.

The network is never reparametrised: no hooks, no renamed or reordered parameters. torch's
`prune.remove` moves a weight behind its bias, but a saved optimiser identifies them by order.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import GlobalUnstructured, LayerUnstructured, LnStructured, Sweep
from vitac_tui.experiment.registries import MASK_IMPORTANCES, implementation
from vitac_tui.models.layers import prunable_layers
from vitac_tui.pruning.select import few, select_layers
from vitac_tui.pruning.state import Prunable, StepContext, StepResult
from vitac_tui.pruning.weight_masks import without_smallest
from vitac_tui.training.seeding import seeded


def global_unstructured(
    state: Prunable, step: GlobalUnstructured, context: StepContext
) -> StepResult:
    """Zero `step.amount` of the convolution and linear weights, ranked together."""
    names = list(prunable_layers(state.model))
    scores, alive = _ranked(state, names, step.importance, context)
    kept = without_smallest(scores, alive, _number(step.amount))
    return add_masks(state, dict(zip(names, kept, strict=True)), keep_masks=context.keep_masks)


def layer_unstructured(
    state: Prunable, step: LayerUnstructured, context: StepContext
) -> StepResult:
    """Zero `step.amount` of the weights of each matching layer.

    Raises:
        UserError: `step.layers` matches no layer.
    """
    names = select_layers(state.model, step.layers, where="layers")
    ranked = zip(names, *_ranked(state, names, step.importance, context), strict=True)
    found = {name: without_smallest([s], [a], _number(step.amount))[0] for name, s, a in ranked}
    return add_masks(state, found, keep_masks=context.keep_masks)


def ln_structured(state: Prunable, step: LnStructured, context: StepContext) -> StepResult:
    """Zero `step.amount` of the slices along `step.dim` of each matching layer, by Ln norm.

    Raises:
        UserError: `step.layers` matches no layer, or a weight has no dimension `step.dim`.
    """
    found = {}
    for name in select_layers(state.model, step.layers, where="layers"):
        _check_dimension(state.model, name, step.dim)
        holder = _holder(state, name, context)
        prune.ln_structured(  # type: ignore[no-untyped-call]
            holder, "weight", amount=step.amount, n=step.n, dim=step.dim
        )
        found[name] = holder.weight_mask.bool()
    return add_masks(state, found, keep_masks=context.keep_masks, dim=step.dim)


def check_slices(model: nn.Module, step: LnStructured, image_size: int) -> None:
    """Check that each of the step's layers exists, and that its weight has the dimension `dim`.

    Raises:
        UserError: one does not.
    """
    for name in select_layers(model, step.layers, where="layers"):
        _check_dimension(model, name, step.dim)


def _check_dimension(model: nn.Module, name: str, dim: int) -> None:
    dimensions = prunable_layers(model)[name].weight.dim()
    if dim >= dimensions:
        raise UserError(
            f"the weight of {name!r} has no dimension {dim}",
            where="dim",
            remedy=f"use 0 to {dimensions - 1}, or name other layers",
        )


def _number(amount: float | Sweep) -> float:
    assert isinstance(amount, float)  # a sweep was replaced by one of its amounts
    return amount


def _ranked(
    state: Prunable, names: list[str], importance: str, context: StepContext
) -> tuple[list[Tensor], list[Tensor | None]]:
    """Return the scores of each layer's weights, and which weights are ranked (None = all)."""
    score = implementation(MASK_IMPORTANCES[importance].implementation)
    layers = prunable_layers(state.model)
    with seeded(context.seed, context.device):
        scores = [score(layers[name].weight.detach()) for name in names]
    masks = state.masks if context.keep_masks else {}
    return scores, [masks.get(f"{name}.weight") for name in names]


class _Holder(nn.Module):
    """A module with a copy of a layer's weight, for torch's pruning functions."""

    weight: Tensor
    weight_mask: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        # torch's pruning calls `view`, which fails on channels-last weights.
        flat = weight.detach().clone(memory_format=torch.contiguous_format)
        self.register_parameter("weight", nn.Parameter(flat))


def _holder(state: Prunable, name: str, context: StepContext) -> _Holder:
    holder = _Holder(prunable_layers(state.model)[name].weight)
    mask = state.masks.get(f"{name}.weight")
    if context.keep_masks and mask is not None:
        prune.custom_from_mask(holder, "weight", mask)  # type: ignore[no-untyped-call]
    return holder


def add_masks(
    state: Prunable, found: dict[str, Tensor], *, keep_masks: bool, dim: int | None = None
) -> StepResult:
    """Mask weights of layers in addition to what earlier steps masked.

    Args:
        state: the network and its masks, changed in place.
        found: by layer name, which weights stay, bool.
        keep_masks: count the weights that earlier steps left, instead of all.
        dim: dimension of the slices if whole slices went.
    """
    total = kept = before = after = 0
    emptied = []
    for name, mask in found.items():
        key = f"{name}.weight"
        old = state.masks.get(key, torch.ones_like(mask))
        before += _units(old if keep_masks else torch.ones_like(mask), dim)
        after += _units(mask, dim)
        mask = mask & old
        state.masks[key] = mask
        total += mask.numel()
        kept += int(mask.count_nonzero())
        if old.any() and not mask.any():
            emptied.append(name)
    where = f"{len(found)} layers" if len(found) > 1 else next(iter(found))
    return StepResult(
        f"{where}: {total - kept:,} of {total:,} weights are masked",
        taken=1 - after / before if before else 0.0,
        rounding="only whole slices are removed" if dim is not None else "",
        note=f"removed all weights of {few(emptied)}" if emptied else "",
    )


def _units(mask: Tensor, dim: int | None) -> int:
    """Return how many weights, or slices along `dim`, a mask keeps at least partly."""
    units = mask if dim is None else mask.movedim(dim, 0).flatten(1).any(dim=1)
    return int(units.count_nonzero())
