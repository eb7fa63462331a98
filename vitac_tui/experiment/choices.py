"""Registries of what users choose by name.

Each entry names its implementation as text, which the worker imports late, so that a choice can be
listed, completed and validated without torch. A test imports every one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema


@dataclass(frozen=True)
class Choice:
    """One thing that users pick by name."""

    implementation: str  # "package.module:function"
    help: str


def implementation(reference: str) -> Any:
    """Import what a `"package.module:attribute"` reference names."""
    module, _, attribute = reference.partition(":")
    return getattr(import_module(module), attribute)


_TORCHVISION = "vitac_tui.models.torchvision_resnets:build"

ARCHITECTURES: Mapping[str, Choice] = {
    "resnet18": Choice(_TORCHVISION, "18 layers; the study's network"),
    "resnet34": Choice(_TORCHVISION, "34 layers of basic blocks"),
    "resnet50": Choice(_TORCHVISION, "50 layers of bottleneck blocks"),
    "resnet101": Choice(_TORCHVISION, "101 layers of bottleneck blocks"),
    "resnet152": Choice(_TORCHVISION, "152 layers of bottleneck blocks"),
    "resnext50_32x4d": Choice(_TORCHVISION, "ResNet-50 with 32 groups of width 4"),
    "resnext101_32x8d": Choice(_TORCHVISION, "ResNet-101 with 32 groups of width 8"),
    "resnext101_64x4d": Choice(_TORCHVISION, "ResNet-101 with 64 groups of width 4"),
    "wide_resnet50_2": Choice(_TORCHVISION, "ResNet-50 with bottlenecks twice as wide"),
    "wide_resnet101_2": Choice(_TORCHVISION, "ResNet-101 with bottlenecks twice as wide"),
}

OPTIMIZERS: Mapping[str, Choice] = {
    "adam": Choice("vitac_tui.training.optimizers:adam", "Adam; the study's optimiser"),
    "adamw": Choice("vitac_tui.training.optimizers:adamw", "Adam with decoupled weight decay"),
    "sgd": Choice("vitac_tui.training.optimizers:sgd", "SGD with momentum"),
}

SCHEDULES: Mapping[str, Choice] = {
    "onecycle": Choice(
        "vitac_tui.training.schedules:onecycle",
        "one cycle up to the learning rate and down to nearly zero; the study's schedule",
    ),
    "cosine": Choice("vitac_tui.training.schedules:cosine", "half a cosine from the rate to zero"),
    "constant": Choice("vitac_tui.training.schedules:constant", "the rate throughout"),
}

MASK_IMPORTANCES: Mapping[str, Choice] = {
    "l1": Choice("vitac_tui.pruning.weight_masks:magnitude", "smallest magnitude goes first"),
    "random": Choice("vitac_tui.pruning.weight_masks:random", "the control: drawn at random"),
}

CHANNEL_IMPORTANCES: Mapping[str, Choice] = {
    "magnitude": Choice("vitac_tui.pruning.importances:magnitude", "norm of a group's weights"),
    "random": Choice("vitac_tui.pruning.importances:random", "the control: drawn at random"),
    "bn_scale": Choice("vitac_tui.pruning.importances:bn_scale", "size of the batch-norm scale"),
    "lamp": Choice("vitac_tui.pruning.importances:lamp", "layer-adaptive magnitude (LAMP)"),
    "taylor": Choice(
        "vitac_tui.pruning.importances:taylor",
        "first-order change of the loss, from gradients on training images",
    ),
}


def named(choices: Mapping[str, Choice], what: str) -> Any:
    """A text type that must be one of `choices`; its schema lists them with their help."""

    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is no {what}{near(value, choices)}")
        return value

    schema = {
        "type": "string",
        "enum": list(choices),
        "x-help": {name: choice.help for name, choice in choices.items()},
    }
    return Annotated[str, AfterValidator(check), WithJsonSchema(schema)]


def near(word: str, known: Iterable[str]) -> str:
    """`" (did you mean 'x'? …)"`, or the list of what is known where nothing is near."""
    import difflib

    names = [str(name) for name in known]
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else f" (known: {', '.join(names)})"
