"""Finding out before a run whether its pruning steps fit its network."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import (
    DepGraph,
    LayerUnstructured,
    LnStructured,
    Step,
    Sweep,
    at_amount,
)
from vitac_tui.models.build import build_meta
from vitac_tui.pruning.depgraph import plan
from vitac_tui.pruning.graph import Group, dependency_graph, remove_channels
from vitac_tui.pruning.masks import check_dimension
from vitac_tui.pruning.select import select_layers


def check_steps(
    arch: str, num_classes: int, image_size: int, variants: Mapping[str, tuple[Step, ...]]
) -> None:
    """Try every variant's steps, one after the other, on the shapes of the network alone.

    Channels are removed for the steps behind to see (a sweep at its largest amount), except by
    global ranking, where widths depend on the weights: what follows is then judged by the widths
    before. Takes a fraction of a second and no memory.

    Args:
        arch: name of the network.
        num_classes: its outputs.
        image_size: height and width of an image, in pixels.
        variants: the steps of each, by their key path in the preset.

    Raises:
        UserError: a step does not fit; `where` is its setting, such as `variant.b.prune.1.layers`.
    """
    for key, steps in variants.items():
        model = build_meta(arch, num_classes)
        for number, step in enumerate(_largest(steps)):
            try:
                _check(model, step, image_size)
            except UserError as problem:
                raise UserError(
                    problem.what,
                    where=f"{key}.{number}.{problem.where}",
                    remedy=problem.remedy,
                ) from None


def _largest(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    for step in steps:
        amount = getattr(step, "amount", None)
        if isinstance(amount, Sweep):
            return at_amount(steps, max(amount.sweep))
    return steps


def _check(model: nn.Module, step: Step, image_size: int) -> None:
    match step:
        case LayerUnstructured():
            select_layers(model, step.layers, where="layers")
        case LnStructured():
            for name in select_layers(model, step.layers, where="layers"):
                check_dimension(model, name, step.dim)
        case DepGraph():
            with dependency_graph(model, image_size) as graph:
                removals, _ = plan(graph, step, score=_any_order)
                if step.channels or step.scope == "local":
                    remove_channels(graph, removals, {})


def _any_order(group: Group) -> Tensor:
    """Importance without weights: how many channels go does not depend on which."""
    return torch.arange(float(len(group[0].idxs)))
