"""Networks by the name of their architecture."""

from __future__ import annotations

import torch
from torch import nn

from vitac_tui.errors import UserError
from vitac_tui.experiment.registries import ARCHITECTURES, implementation, near
from vitac_tui.models.layers import Layer, classifier_name, layer_table

__all__ = ["Layer", "build", "build_meta", "classifier_name", "layer_table"]


def build(arch: str, num_classes: int) -> nn.Module:
    """A freshly initialised network, in train mode, on the CPU.

    Weights come from the global random generator: seed it first.

    Raises:
        UserError: the architecture is not one of `experiment.registries.ARCHITECTURES`.
    """
    if arch not in ARCHITECTURES:
        raise UserError(
            f"unknown architecture {arch!r}{near(arch, ARCHITECTURES)}", where="model.arch"
        )
    model: nn.Module = implementation(ARCHITECTURES[arch].implementation)(arch, num_classes)
    return model


def build_meta(arch: str, num_classes: int) -> nn.Module:
    """The same network with shapes only: no memory, no random numbers drawn.

    Raises:
        UserError: as `build`.
    """
    with torch.device("meta"):
        return build(arch, num_classes)
