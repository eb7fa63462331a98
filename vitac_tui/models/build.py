"""Building networks by the name of their architecture."""

from __future__ import annotations

import torch
from torch import nn

from vitac_tui.errors import UserError
from vitac_tui.experiment.registries import ARCHITECTURES, implementation, near
from vitac_tui.models.layers import Layer, classifier_name, input_channels, layer_table

__all__ = ["Layer", "build", "build_meta", "classifier_name", "layer_table"]


def build(arch: str, num_classes: int, channels: int = 3) -> nn.Module:
    """Return a freshly initialised network, in train mode, on the CPU.

    Weights come from the global random generator: seed it first. Architectures are written for
    images of three channels; for other images the first convolution is replaced.

    Raises:
        UserError: the architecture is unknown or cannot be built, or cannot be pruned.
    """
    if arch not in ARCHITECTURES:
        raise UserError(
            f"unknown architecture {arch!r}{near(arch, ARCHITECTURES)}", where="model.arch"
        )
    reference = ARCHITECTURES[arch].implementation
    make = implementation(reference)
    try:
        model = make(arch, num_classes)
    except Exception as error:  # it may be another package's code
        what = f"{reference} cannot build {arch!r} ({type(error).__name__}: {error})"
        raise UserError(what, where="model.arch") from error
    if lacking := _lacking(model):
        raise UserError(f"{reference} gives {lacking}", where="model.arch")
    network: nn.Module = model
    return network if channels == input_channels(network) else _with_channels(network, channels)


def _lacking(model: object) -> str:
    """Return what keeps an object from being a network that can be pruned, or ""."""
    if not isinstance(model, nn.Module):
        return f"a {type(model).__name__}, not a network"
    if not any(isinstance(module, nn.Conv2d) for module in model.modules()):
        return "a network without a convolution"
    if not any(isinstance(module, nn.Linear) for module in model.modules()):
        return "a network without a linear layer that could be its classifier"
    return ""


def build_meta(arch: str, num_classes: int, channels: int = 3) -> nn.Module:
    """Return the network on the `meta` device: shapes only, without memory or random draws.

    Raises:
        UserError: as `build`.
    """
    with torch.device("meta"):
        return build(arch, num_classes, channels)


def _with_channels(model: nn.Module, channels: int) -> nn.Module:
    name, old = next((n, m) for n, m in model.named_modules() if isinstance(m, nn.Conv2d))
    first = nn.Conv2d(
        channels,
        old.out_channels,
        old.kernel_size,  # type: ignore[arg-type]
        stride=old.stride,  # type: ignore[arg-type]
        padding=old.padding,  # type: ignore[arg-type]
        dilation=old.dilation,  # type: ignore[arg-type]
        bias=old.bias is not None,
        padding_mode=old.padding_mode,
    )
    model.set_submodule(name, first)
    return model
