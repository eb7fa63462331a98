"""Narrowing a freshly built network to the widths of saved tensors."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vitac_tui.models.layers import classifier_name, input_channels


class ShapeError(ValueError):
    """The tensors do not belong to a narrower version of the network."""


def fit_to(model: nn.Module, tensors: Mapping[str, Tensor], image_size: int) -> None:
    """Narrow the layers of a `meta` network to the tensors' widths and load them, in place.

    Args:
        model: the architecture as defined, on `meta`.
        tensors: its state dict after pruning.
        image_size: height and width to check the result with.

    Raises:
        ShapeError: names, types or shapes do not make a working network.
    """
    expected = model.state_dict()
    if differing := sorted(expected.keys() ^ tensors.keys()):
        raise ShapeError(f"missing or unexpected tensors: {', '.join(differing[:3])}")
    for name, tensor in tensors.items():
        if tensor.dtype != expected[name].dtype or tensor.dim() != expected[name].dim():
            raise ShapeError(f"{name} has type {tensor.dtype} and {tensor.dim()} dimensions")
        if any(have > may for have, may in zip(tensor.shape, expected[name].shape, strict=True)):
            raise ShapeError(f"{name} is wider than in the architecture")
    head = f"{classifier_name(model)}.weight"
    if len(tensors[head]) != len(expected[head]):
        raise ShapeError(f"{head} has {len(tensors[head])} rows")
    for name, module in model.named_modules():
        _narrow(module, {key: tensors.get(f"{name}.{key}") for key in ("weight", "bias")}, name)
    _check_forward(model, image_size)
    try:
        model.load_state_dict(dict(tensors), strict=True, assign=True)
    except RuntimeError as problem:
        raise ShapeError(str(problem).splitlines()[-1].strip()) from None


def _narrow(module: nn.Module, tensors: Mapping[str, Tensor | None], name: str) -> None:
    weight = tensors["weight"]
    if weight is None:
        return
    if weight.numel() == 0:
        raise ShapeError(f"{name} has no weights")
    match module:
        case nn.Conv2d():
            module.out_channels = weight.shape[0]
            module.in_channels = weight.shape[1] * module.groups
            if module.out_channels % module.groups:
                raise ShapeError(f"{name} cannot split its channels into {module.groups} groups")
            if tuple(weight.shape[2:]) != module.kernel_size:
                raise ShapeError(f"{name} has another kernel size")
        case nn.Linear():
            module.out_features, module.in_features = weight.shape
        case nn.BatchNorm2d():
            module.num_features = weight.shape[0]
            for buffer in ("running_mean", "running_var"):
                setattr(module, buffer, getattr(module, buffer).new_empty(weight.shape))
    for key, tensor in tensors.items():
        if tensor is not None:
            meta = torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")
            setattr(module, key, nn.Parameter(meta))


def _check_forward(model: nn.Module, image_size: int) -> None:
    image = torch.zeros(1, input_channels(model), image_size, image_size, device="meta")
    try:
        with torch.inference_mode():
            model.eval()(image)
    except RuntimeError as problem:
        raise ShapeError(f"layers do not fit each other ({str(problem).splitlines()[0]})") from None
