"""Importance criteria, which score the channels of a dependency group.

Each function takes (step, model, context) and returns a torch-pruning importance: a callable from a
group to one number per channel, where larger is more important.
"""

from __future__ import annotations

from itertools import islice

import torch
import torch_pruning as tp
from torch import Tensor, nn
from torch.nn import functional

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import DepGraph
from vitac_tui.models.modes import eval_mode
from vitac_tui.pruning.graph import Group
from vitac_tui.pruning.state import StepContext

TAYLOR_BATCHES = 10


def magnitude(step: DepGraph, model: nn.Module, context: StepContext) -> tp.importance.Importance:
    """L1 or L2 norm of a channel's weights, averaged over the group's layers."""
    return tp.importance.GroupMagnitudeImportance(p=step.norm)


def bn_scale(step: DepGraph, model: nn.Module, context: StepContext) -> tp.importance.Importance:
    """Size of the batch-norm scales. Source: Z. Liu et al., "Network Slimming", ICCV 2017."""
    return tp.importance.BNScaleImportance()  # type: ignore[no-untyped-call]


def lamp(step: DepGraph, model: nn.Module, context: StepContext) -> tp.importance.Importance:
    """Layer-adaptive magnitude. Source: J. Lee et al., "LAMP", ICLR 2021."""
    return tp.importance.LAMPImportance()  # type: ignore[no-untyped-call]


def fpgm(step: DepGraph, model: nn.Module, context: StepContext) -> tp.importance.Importance:
    """Sum of a filter's distances to the layer's other filters.

    Source: Y. He et al., "Filter Pruning via Geometric Median", CVPR 2019.
    """
    return _GeometricMedian()


def random(step: DepGraph, model: nn.Module, context: StepContext) -> tp.importance.Importance:
    """Random scores as a control, from the seed and a generator of their own."""
    return _Random(context.seed)


def taylor(step: DepGraph, model: nn.Module, context: StepContext) -> tp.importance.Importance:
    """First-order change of the loss if a channel is removed, from gradients on training images.

    The gradients stay in the parameters, where the importance reads them. Batch-norm is in eval
    mode.
    Source: P. Molchanov et al., "Importance Estimation for Neural Network Pruning", CVPR 2019.

    Raises:
        UserError: there are no training images.
        Interrupted: by the context's interrupter, between two batches.
    """
    if context.batches is None:
        raise UserError(
            "taylor needs training images", where="importance", remedy='use "magnitude"'
        )
    model.zero_grad(set_to_none=True)
    with eval_mode(model), torch.enable_grad():
        for images, labels in islice(context.batches(), TAYLOR_BATCHES):
            if context.interrupter is not None:
                context.interrupter.check()
            logits = model(images.to(context.device))
            loss = functional.cross_entropy(logits, labels.to(context.device).long())
            torch.autograd.backward(loss)
    if next(model.parameters()).grad is None:
        raise UserError("taylor was given no training images", where="importance")
    return tp.importance.GroupTaylorImportance()


class _GeometricMedian(tp.importance.GroupMagnitudeImportance):
    """As published; torch-pruning's own compares magnitudes of weights instead of weights."""

    def __call__(self, group: Group) -> Tensor | None:
        outputs = (tp.prune_conv_out_channels, tp.prune_linear_out_channels)
        found, channels = [], []
        for member in group:
            if member.dep.handler in outputs:
                weight = member.dep.target.module.weight.detach().float()
                filters = weight.flatten(1)[member.idxs]
                # By differences: a product of matrices is inexact for filters near each other.
                exact = "donot_use_mm_for_euclid_dist"
                found.append(torch.cdist(filters, filters, compute_mode=exact).sum(dim=1))
                channels.append(member.root_idxs)
        if not found:
            return None
        scores: Tensor = self._reduce(found, channels)
        return scores / scores.mean()  # comparable between groups


class _Random(tp.importance.Importance):
    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self, group: Group) -> Tensor:
        return torch.rand(len(group[0].idxs), generator=self._generator)
