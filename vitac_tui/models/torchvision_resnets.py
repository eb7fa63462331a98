"""The ResNet family of torchvision, built without weights."""

from __future__ import annotations

from torch import nn
from torchvision import models


def build(arch: str, num_classes: int) -> nn.Module:
    """A freshly initialised torchvision network with `num_classes` outputs, in train mode.

    Args:
        arch: a name of `experiment.registries.ARCHITECTURES`, which is torchvision's own name.
        num_classes: outputs of the classifier.
    """
    network: nn.Module = getattr(models, arch)(weights=None, num_classes=num_classes)
    return network
