"""Machine-independent cost of a model: parameters, non-zero weights, MACs and bytes."""

from __future__ import annotations

import copy
from collections.abc import Hashable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch_pruning.utils.op_counter import count_ops_and_params

from vitac_tui.models.build import build_meta
from vitac_tui.models.files import bytes_of
from vitac_tui.models.layers import input_channels, nonzero

_COUNTED: dict[Hashable, tuple[int, int]] = {}  # masking changes no shapes, so one count is enough


@dataclass(frozen=True)
class Cost:
    """Parameters, multiply-accumulates and bytes of one model.

    Zeros count in `parameters`, `macs` and `bytes`, so masking does not reduce these.
    """

    parameters: int
    valid_weights: int  # non-zero entries of parameters named `weight`, batch-norm gammas included
    nonzero: int  # non-zero entries of all parameters
    macs: int  # torch-pruning's count for one image; batch-norm, ReLU and pooling included
    bytes: int  # of the uncompressed safetensors of the state dict


def cost(model: nn.Module, image_size: int) -> Cost:
    """Return the cost of a model, without changing the model.

    Args:
        model: on any device, in any mode.
        image_size: height and width of the one image that `macs` is for.
    """
    found = {name: nonzero(parameter.detach()) for name, parameter in model.named_parameters()}
    counts = dict(zip(found, torch.stack(list(found.values())).tolist(), strict=True))
    macs, size = _macs_and_bytes(model, image_size)
    return Cost(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        valid_weights=sum(count for name, count in counts.items() if _is_weight(name)),
        nonzero=sum(counts.values()),
        macs=macs,
        bytes=size,
    )


def unpruned_cost(arch: str, num_classes: int, image_size: int) -> Cost:
    """Return the cost of an unpruned network with three input channels, without its weights.

    Every entry counts as non-zero. In a trained network a few entries are zero: about one in ten
    million is drawn as exactly zero, and some never get a gradient.

    Raises:
        UserError: the architecture is unknown.
    """
    model = build_meta(arch, num_classes)  # shapes are enough, so no memory is allocated
    sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
    macs, size = _macs_and_bytes(model, image_size)
    return Cost(
        parameters=sum(sizes.values()),
        valid_weights=sum(n for name, n in sizes.items() if _is_weight(name)),
        nonzero=sum(sizes.values()),
        macs=macs,
        bytes=size,
    )


def _is_weight(name: str) -> bool:
    return name.rpartition(".")[2] == "weight"


def _macs_and_bytes(model: nn.Module, image_size: int) -> tuple[int, int]:
    key = (_shape_of(model), image_size)
    if key not in _COUNTED:
        shadow = _shadow(model)  # counted from shapes; nothing is computed
        image = torch.zeros(1, input_channels(model), image_size, image_size, device="meta")
        macs, _ = count_ops_and_params(shadow, image)  # type: ignore[no-untyped-call]
        _COUNTED[key] = round(macs), bytes_of(model)
    return _COUNTED[key]


def _shadow(model: nn.Module) -> nn.Module:
    """Return a copy on the meta device: it has shapes but no values, so nothing is copied."""
    bare: dict[int, Tensor] = {id(value): value.to("meta") for value in model.buffers()}
    for value in model.parameters():
        bare[id(value)] = nn.Parameter(value.detach().to("meta"), requires_grad=False)
    return copy.deepcopy(model, bare)


def _shape_of(model: nn.Module) -> Hashable:
    """Return a key that is equal for models that differ only in their weights' values."""
    # The repr of a layer contains its options, such as stride and groups.
    layers = tuple(repr(part) for part in model.modules() if not any(part.children()))
    tensors = model.state_dict().items()
    return layers, tuple((name, str(value.dtype), tuple(value.shape)) for name, value in tensors)
