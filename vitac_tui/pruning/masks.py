"""Pruning by masks with `torch.nn.utils.prune`: the weights stay, as zeros.

The library works on holders, stand-ins with a copy of each weight. So its figures are exactly
torch's, while the network itself is never reparametrised: no hooks, no renamed or reordered
parameters (`prune.remove` puts a weight behind its bias, and a saved optimiser counts by order).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from vitac_tui.errors import UserError
from vitac_tui.experiment.choices import MASK_IMPORTANCES, implementation
from vitac_tui.experiment.prune import GlobalUnstructured, LayerUnstructured, LnStructured
from vitac_tui.models.layers import prunable_layers
from vitac_tui.pruning.rng import seeded
from vitac_tui.pruning.select import few, select_layers
from vitac_tui.pruning.state import Context, Outcome, Prunable


def global_unstructured(state: Prunable, step: GlobalUnstructured, context: Context) -> Outcome:
    """Zero `step.amount` of the convolution and linear weights, ranked together."""
    holders = _holders(state, list(prunable_layers(state.model)), context)
    with seeded(context.seed, context.device):
        prune.global_unstructured(
            [(holder, "weight") for holder in holders.values()],
            pruning_method=implementation(MASK_IMPORTANCES[step.importance].implementation),
            amount=step.amount,
        )
    return _harvest(state, holders, keep_masks=context.keep_masks)


def layer_unstructured(state: Prunable, step: LayerUnstructured, context: Context) -> Outcome:
    """Zero `step.amount` of the weights of each matching layer.

    Raises:
        UserError: `step.layers` matches no layer.
    """
    holders = _holders(state, select_layers(state.model, step.layers, where="layers"), context)
    method = implementation(MASK_IMPORTANCES[step.importance].implementation)
    with seeded(context.seed, context.device):
        for holder in holders.values():
            method.apply(holder, "weight", amount=step.amount)
    return _harvest(state, holders, keep_masks=context.keep_masks)


def ln_structured(state: Prunable, step: LnStructured, context: Context) -> Outcome:
    """Zero `step.amount` of the slices along `step.dim` of each matching layer, by Ln norm.

    Raises:
        UserError: `step.layers` matches no layer, or a weight has no dimension `step.dim`.
    """
    holders = _holders(state, select_layers(state.model, step.layers, where="layers"), context)
    for name, holder in holders.items():
        check_dimension(state.model, name, step.dim)
        prune.ln_structured(  # type: ignore[no-untyped-call]
            holder, "weight", amount=step.amount, n=step.n, dim=step.dim
        )
    return _harvest(state, holders, keep_masks=context.keep_masks, dim=step.dim)


def check_dimension(model: nn.Module, name: str, dim: int) -> None:
    """Make sure that the weight of a layer has a dimension `dim`.

    Raises:
        UserError: it has not.
    """
    dimensions = prunable_layers(model)[name].weight.dim()
    if dim >= dimensions:
        raise UserError(
            f"the weight of {name!r} has no dimension {dim}",
            where="dim",
            remedy=f"use 0 to {dimensions - 1}, or name other layers",
        )


class _Holder(nn.Module):
    """Stands in for a layer where torch's pruning takes a module."""

    weight: Tensor
    weight_mask: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        # The library flattens weights by `view`, which channels-last weights refuse.
        flat = weight.detach().clone(memory_format=torch.contiguous_format)
        self.register_parameter("weight", nn.Parameter(flat))


def _holders(state: Prunable, names: list[str], context: Context) -> dict[str, _Holder]:
    layers = prunable_layers(state.model)
    holders = {name: _Holder(layers[name].weight) for name in names}
    if context.keep_masks:
        for name, holder in holders.items():
            mask = state.masks.get(f"{name}.weight")
            if mask is not None:
                prune.custom_from_mask(holder, "weight", mask)  # type: ignore[no-untyped-call]
    return holders


def _harvest(
    state: Prunable, holders: dict[str, _Holder], *, keep_masks: bool, dim: int | None = None
) -> Outcome:
    """Take the holders' masks over; `dim` is that of the slices where whole slices went."""
    total = kept = before = after = 0
    emptied = []
    for name, holder in holders.items():
        key = f"{name}.weight"
        mask = holder.weight_mask.bool()
        old = state.masks.get(key, torch.ones_like(mask))
        before += _units(old if keep_masks else torch.ones_like(mask), dim)
        after += _units(mask, dim)
        mask &= old
        state.masks[key] = mask
        total += mask.numel()
        kept += int(mask.sum())
        if old.any() and not mask.any():
            emptied.append(name)
    where = f"{len(holders)} layers" if len(holders) > 1 else next(iter(holders))
    return Outcome(
        f"{where}: {total - kept:,} of {total:,} weights are masked",
        taken=1 - after / before if before else 0.0,
        rounding="whole slices go" if dim is not None else "",
        note=f"left no weight in {few(emptied)}" if emptied else "",
    )


def _units(mask: Tensor, dim: int | None) -> int:
    """How many weights, or slices along `dim`, a mask keeps any of."""
    return int((mask if dim is None else mask.movedim(dim, 0).flatten(1).any(dim=1)).sum())
