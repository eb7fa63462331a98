"""2:4 sparsity: of every four consecutive weights, the two of smallest magnitude are zeroed.

Four weights are those of four consecutive input channels at one position of the kernel, which is
the pattern of sparse tensor cores. Source: A. Mishra et al., "Accelerating Sparse Deep Neural
Networks", 2021.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from vitac_tui.errors import UserError, counted
from vitac_tui.experiment.prune import TwoFour
from vitac_tui.models.layers import prunable_layers
from vitac_tui.pruning.masks import add_masks
from vitac_tui.pruning.select import few, select_layers
from vitac_tui.pruning.state import Prunable, StepContext, StepResult


def two_four(state: Prunable, step: TwoFour, context: StepContext) -> StepResult:
    """Zero two of every four weights of the matching layers that have a multiple of four inputs.

    Raises:
        UserError: `step.layers` matches no layer.
    """
    fitting, skipped = _split(state.model, step)
    layers = prunable_layers(state.model)
    found = {name: larger_two_of_four(layers[name].weight.detach()) for name in fitting}
    result = add_masks(state, found, keep_masks=context.keep_masks)
    if not skipped:
        return result
    note = f"skipped {counted(len(skipped), 'layer')} without a multiple of 4 inputs"
    return replace(result, note=f"{note}: {few(skipped)}")


def check(model: nn.Module, step: TwoFour, image_size: int) -> None:
    """Check that the step fits a layer.

    Raises:
        UserError: a name matches no layer, or no layer has a multiple of four inputs.
    """
    fitting, skipped = _split(model, step)
    if not fitting:
        raise UserError(
            f"no layer has a multiple of 4 inputs ({few(skipped)})",
            where="layers",
            remedy='name other layers, or use "*"',
        )


def larger_two_of_four(weight: Tensor) -> Tensor:
    """Return a mask of the larger two of every four inputs; of equal weights the last ones stay.

    Args:
        weight: [outputs, inputs, ...] with a multiple of four inputs.

    Returns:
        Bool, True = kept, of the weight's shape.
    """
    inputs_last = weight.abs().movedim(1, -1)
    fours = inputs_last.reshape(*inputs_last.shape[:-1], -1, 4)
    smaller = fours.argsort(dim=-1, stable=True)[..., :2]
    kept = torch.ones_like(fours, dtype=torch.bool).scatter_(-1, smaller, False)
    return kept.flatten(-2).movedim(-1, 1)


def _split(model: nn.Module, step: TwoFour) -> tuple[list[str], list[str]]:
    """Return the matching layers with a multiple of four inputs, and the others."""
    layers = prunable_layers(model)
    names = select_layers(model, step.layers, where="layers")
    fitting = [name for name in names if layers[name].weight.shape[1] % 4 == 0]
    return fitting, [name for name in names if name not in fitting]
