"""The dependency graph of a network (torch-pruning), and removing channels by it.

Source: G. Fang et al., "DepGraph: Towards Any Structural Pruning", CVPR 2023.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
import torch_pruning as tp
from torch import Tensor, nn

from vitac_tui.errors import UserError
from vitac_tui.models.layers import classifier_name, input_channels, prunable_layers
from vitac_tui.models.modes import eval_mode, is_channels_last

Graph: TypeAlias = Any  # tp.DependencyGraph and tp.dependency.Group, which are not typed
Group: TypeAlias = Any


@dataclass(frozen=True)
class Removal:
    """Output channels of a layer to remove, together with everything that depends on them."""

    layer: str
    prune: Callable[..., Any]  # torch-pruning's function for that kind of layer
    channels: tuple[int, ...]


@contextmanager
def dependency_graph(model: nn.Module, image_size: int) -> Iterator[Graph]:
    """Trace the network; restore its modes, memory format and frozen layers afterwards.

    Tracing follows autograd. With frozen parameters the graph would silently be empty, so they are
    unfrozen during the block. Works on a `meta` network, too.

    Args:
        model: the network.
        image_size: height and width of the image to trace with.
    """
    frozen = [name for name, value in model.named_parameters() if not value.requires_grad]
    channels_last = is_channels_last(model)
    device = next(model.parameters()).device
    image = torch.zeros(1, input_channels(model), image_size, image_size, device=device)
    model.requires_grad_(True)
    try:
        with eval_mode(model), torch.enable_grad():
            yield _traceable().build_dependency(model, example_inputs=image)
    finally:
        parameters = dict(model.named_parameters())
        for name in frozen:
            parameters[name].requires_grad_(False)
        if channels_last:
            model.to(memory_format=torch.channels_last)


def channel_groups(group: Group) -> int:
    """Return into how many equal parts a grouped convolution divides the channels; 1 without one.

    Every part must lose the same positions, so that the convolution still divides its channels.
    """
    return max((_parts(dep.target.module) for dep, _ in group), default=1)


def least_of_part(parts: int) -> int:
    """Return how many channels every part of a group must keep.

    Two in a grouped convolution. With as many groups as channels, torch-pruning would treat it as
    depthwise from then on, and tie its inputs to its outputs.
    """
    return 2 if parts > 1 else 1


def named_channels(graph: Graph, layer: str, channels: Iterable[int]) -> list[Removal]:
    """Return the removal of output channels given by number.

    Raises:
        UserError: the layer is the classifier, a number is out of range, nothing would be left,
            or a grouped convolution would no longer divide its channels.
    """
    model = graph.model
    module = prunable_layers(model)[layer]
    wanted = tuple(sorted(channels))
    if layer == classifier_name(model):
        raise UserError(
            f"{layer!r} is the classifier: its outputs are the classes",
            where="layer",
            remedy='name a convolution such as "conv1", or zero classes with ln_structured',
        )
    width = graph.get_out_channels(module)
    if wanted[-1] >= width:
        raise UserError(
            f"{layer!r} has no channel {wanted[-1]}: it has {width} output channels at this step",
            where="channels",
            remedy=f"name channels from 0 to {width - 1}",
        )
    prune = graph.get_pruner_of_module(module).prune_out_channels
    group = graph.get_pruning_group(module, prune, list(wanted))
    if not graph.check_pruning_group(group):
        raise UserError(
            f"removing these channels would leave nothing of {layer!r} or of a layer tied to it",
            where="channels",
            remedy="leave at least one channel",
        )
    _check_parts(graph, group)
    return [Removal(layer, prune, wanted)]


def remove_channels(graph: Graph, removals: Iterable[Removal], masks: dict[str, Tensor]) -> None:
    """Remove channels from the traced network, and the same ones from its masks, in place.

    Masks are passed as gradients, since torch-pruning cuts the gradient of a parameter together
    with the parameter. Gradients are deleted.
    """
    model = graph.model
    model.zero_grad(set_to_none=True)
    for name, parameter in model.named_parameters():
        if name in masks:
            parameter.grad = masks[name].to(parameter.dtype)
    layers = prunable_layers(model)
    for removal in removals:
        module = layers[removal.layer]
        graph.get_pruning_group(module, removal.prune, list(removal.channels)).prune()
    for name, parameter in model.named_parameters():
        if name in masks:
            assert parameter.grad is not None
            masks[name] = parameter.grad.bool()
    model.zero_grad(set_to_none=True)


def _traceable() -> Graph:
    return tp.DependencyGraph()  # type: ignore[no-untyped-call]


def _parts(module: nn.Module) -> int:
    grouped = isinstance(module, nn.Conv2d) and module.groups != module.out_channels
    return module.groups if grouped and isinstance(module, nn.Conv2d) else 1


def _check_parts(graph: Graph, group: Group) -> None:
    for dep, indices in group:
        module = dep.target.module
        parts = _parts(module)
        outputs = graph.is_out_channel_pruning_fn(dep.handler)
        if parts == 1:
            continue
        name = graph._module2name[module]
        size = (module.out_channels if outputs else module.in_channels) // parts
        positions = {index % size for index in indices}
        if size - len(positions) < least_of_part(parts):
            raise UserError(
                f"each of the {parts} groups of {name!r} would keep fewer than two channels",
                where="channels",
                remedy="name fewer channels",
            )
        if len(indices) != parts * len(positions):
            raise UserError(
                f"{name!r} has {parts} groups of {size} channels, each of which must lose "
                "the same positions",
                where="channels",
                remedy=f"with each channel, name also those {size} apart from it, or use amount",
            )
