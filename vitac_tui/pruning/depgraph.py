"""The step `depgraph`: remove channels together with everything that depends on them."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import DepGraph
from vitac_tui.experiment.registries import CHANNEL_IMPORTANCES, implementation
from vitac_tui.models.layers import classifier_name, prunable_layers
from vitac_tui.pruning.graph import (
    Graph,
    Group,
    Removal,
    dependency_graph,
    named_channels,
    remove_channels,
)
from vitac_tui.pruning.ranking import Score, candidates, least_important
from vitac_tui.pruning.select import select_layers
from vitac_tui.pruning.state import Prunable, StepContext, StepResult


def depgraph(state: Prunable, step: DepGraph, context: StepContext) -> StepResult:
    """Remove the channels that `step` names, or the least important `step.amount` of them.

    The masks of earlier steps lose the same channels. Modes, memory format and frozen layers stay;
    changed parameters are new objects.

    Raises:
        UserError: the step does not fit the network; `where` is the setting within the step.
        Interrupted: by the context's interrupter, before anything is removed.
    """
    before = _parameters(state.model)
    with dependency_graph(state.model, context.image_size) as graph:
        score = None
        if not step.channels:
            make = implementation(CHANNEL_IMPORTANCES[step.importance].implementation)
            score = make(step, state.model, context)
        removals, of = plan(graph, step, score=score)
        remove_channels(graph, removals, state.masks)
    after = _parameters(state.model)
    channels = sum(len(removal.channels) for removal in removals)
    if removals and after == before:  # torch-pruning lost track of it
        raise RuntimeError("channels were to be removed, but the network did not change")
    removed = f"{channels:,} channels of {_layers(removals)} removed"
    return StepResult(
        f"{removed}; parameters {before:,} -> {after:,}",
        taken=channels / of,
        rounding=f"widths stay above zero and multiples of round_to = {step.round_to}",
    )


def check_channels(model: nn.Module, step: DepGraph, image_size: int) -> None:
    """Try the step on a network without weights, and remove the channels if they are known.

    Under global ranking they are not: they depend on the weights.

    Raises:
        UserError: the step does not fit the network; `where` is the setting within the step.
    """
    with dependency_graph(model, image_size) as graph:
        removals, _ = plan(graph, step, score=_any_order)
        if step.channels or step.scope == "local":
            remove_channels(graph, removals, {})


def _any_order(group: Group) -> Tensor:
    """Rank without weights: how many channels go does not depend on which."""
    return torch.arange(float(len(group[0].idxs)))


def plan(graph: Graph, step: DepGraph, *, score: Score | None) -> tuple[list[Removal], int]:
    """Return what `step` removes from the traced network, and from how many channels it chose.

    The outputs of the classifier always stay.

    Args:
        graph: the traced network.
        step: the settings.
        score: importance of a group's channels; needed only by amount.

    Raises:
        UserError: the step does not fit the network.
    """
    model = graph.model
    if step.channels:
        (layer, *more) = select_layers(model, (step.layer,), where="layer")
        if more:
            raise UserError(
                f"{step.layer!r} matches {len(more) + 1} layers",
                where="layer",
                remedy=f'name the one layer whose channels go, such as "{layer}"',
            )
        return named_channels(graph, layer, step.channels), len(step.channels)
    assert score is not None
    assert isinstance(step.amount, float)  # a sweep has been resolved to one of its points
    layers = prunable_layers(model)
    kept = [classifier_name(model)]
    if step.protect:
        kept += select_layers(model, step.protect, where="protect")
    found = candidates(graph, score, [layers[name] for name in kept])
    if not found:
        raise UserError("protects every layer: nothing is left to prune", where="protect")
    removals = least_important(found, step.amount, scope=step.scope, round_to=step.round_to)
    return removals, sum(candidate.parts * candidate.size for candidate in found)


def _parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _layers(removals: Iterable[Removal]) -> str:
    names = [removal.layer for removal in removals]
    return f"{len(names)} groups" if len(names) != 1 else names[0]
