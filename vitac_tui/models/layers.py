"""What a network consists of: its layers with weights, by name."""

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
    """One layer that holds weights."""

    name: str
    kind: str  # "conv" | "linear" | "batchnorm"
    weight_shape: tuple[int, ...]
    parameters: int  # the bias included


def layer_table(model: nn.Module) -> tuple[Layer, ...]:
    """The layers that hold weights, in the order of the network's definition."""
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
    """The convolutions and linear layers by name: what pruning ranks."""
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    }


def input_channels(model: nn.Module) -> int:
    """Return the number of channels of the network's images: those of its first convolution."""
    return next((m.in_channels for m in model.modules() if isinstance(m, nn.Conv2d)), 3)


def nonzero(values: Tensor) -> Tensor:
    """How many entries are not zero: int64, a scalar on the device.

    Compared first, since `count_nonzero` of floats decides entry by entry, which takes six times as
    long where zeros have no pattern.
    """
    return (values != 0).count_nonzero()


def classifier_name(model: nn.Module) -> str:
    """Name of the layer whose outputs are the classes: the last linear layer.

    Raises:
        ValueError: the network has no linear layer.
    """
    linear = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ValueError("the network has no linear layer that could be its classifier")
    return str(linear[-1])
