"""The ResNet family of torchvision, built without weights."""

from __future__ import annotations

from torch import nn
from torchvision import models


def build(arch: str, num_classes: int) -> nn.Module:
    """Return a freshly initialised torchvision network, in train mode.

    Args:
        arch: torchvision's name of the network.
        num_classes: outputs of the classifier.
    """
    network: nn.Module = getattr(models, arch)(weights=None, num_classes=num_classes)
    return network
