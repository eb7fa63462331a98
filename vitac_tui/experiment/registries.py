"""Everything that users pick by name.

An entry names its implementation as text, which the worker imports late. So names can be listed,
completed and validated without torch. `REGISTRIES` lists all registries of entries, and
`implementations` yields the implementation of every entry, layout and pruning step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from vitac_tui.errors import UserError
from vitac_tui.experiment import plugins
from vitac_tui.experiment.plugins import Extensible


@dataclass(frozen=True)
class Entry:
    """A thing that users pick by name."""

    implementation: str  # "package.module:function"
    help: str


@dataclass(frozen=True)
class ImportanceEntry(Entry):
    """A criterion that ranks what a step prunes."""

    uses_images: bool = False  # it needs gradients on training images


@dataclass(frozen=True)
class OptimizerEntry(Entry):
    """An optimiser, with what it keeps in memory."""

    moments: int  # numbers kept for each parameter
    needs_momentum: bool = False  # with `train.momentum = 0` it keeps none


def implementation(reference: str) -> Any:
    """Import the object that a `"package.module:attribute"` reference names.

    Raises:
        UserError: it cannot be imported; the message names the package.
    """
    module, _, attribute = reference.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except Exception as error:
        package = plugins.distribution_of(module)
        raise UserError(
            f"{reference} cannot be imported ({type(error).__name__}: {error})",
            remedy=f"install {package} again, or a version that fits",
        ) from error


def _architecture(plugin: plugins.Plugin) -> Entry:
    """Describe an architecture of another package, which may import torch, without importing it."""
    return Entry(plugin.reference, plugin.summary or f"from {plugin.distribution}")


_TORCHVISION = "vitac_tui.models.torchvision_resnets:build"

ARCHITECTURES: Mapping[str, Entry] = Extensible(
    {
        "resnet18": Entry(_TORCHVISION, "18 layers; the network of the reference study"),
        "resnet34": Entry(_TORCHVISION, "34 layers of basic blocks"),
        "resnet50": Entry(_TORCHVISION, "50 layers of bottleneck blocks"),
        "resnet101": Entry(_TORCHVISION, "101 layers of bottleneck blocks"),
        "resnet152": Entry(_TORCHVISION, "152 layers of bottleneck blocks"),
        "resnext50_32x4d": Entry(_TORCHVISION, "ResNet-50 with 32 groups of width 4"),
        "resnext101_32x8d": Entry(_TORCHVISION, "ResNet-101 with 32 groups of width 8"),
        "resnext101_64x4d": Entry(_TORCHVISION, "ResNet-101 with 64 groups of width 4"),
        "wide_resnet50_2": Entry(_TORCHVISION, "ResNet-50 with bottlenecks twice as wide"),
        "wide_resnet101_2": Entry(_TORCHVISION, "ResNet-101 with bottlenecks twice as wide"),
    },
    plugins.ARCHITECTURES,
    _architecture,
)

OPTIMIZERS: Mapping[str, OptimizerEntry] = {
    "adam": OptimizerEntry(
        "vitac_tui.training.optimizers:adam", "Adam; the optimiser of the reference study", 2
    ),
    "adamw": OptimizerEntry(
        "vitac_tui.training.optimizers:adamw", "Adam with decoupled weight decay", 2
    ),
    "sgd": OptimizerEntry(
        "vitac_tui.training.optimizers:sgd", "SGD with momentum", 1, needs_momentum=True
    ),
}

SCHEDULES: Mapping[str, Entry] = {
    "onecycle": Entry(
        "vitac_tui.training.schedules:onecycle",
        "one cycle: up to the learning rate, then down to nearly zero; as in the reference study",
    ),
    "cosine": Entry(
        "vitac_tui.training.schedules:cosine", "half a cosine from the learning rate to zero"
    ),
    "constant": Entry("vitac_tui.training.schedules:constant", "a constant learning rate"),
}

AUGMENTATIONS: Mapping[str, Entry] = {
    "none": Entry("vitac_tui.loading.augment:none", "every image as it is"),
    "standard": Entry(
        "vitac_tui.loading.augment:standard",
        "random crops, brightness and contrast; flips for visual images only",
    ),
}

MASK_IMPORTANCES: Mapping[str, ImportanceEntry] = {
    "l1": ImportanceEntry(
        "vitac_tui.pruning.weight_masks:magnitude", "the smallest magnitude goes first"
    ),
    "random": ImportanceEntry(
        "vitac_tui.pruning.weight_masks:random", "drawn at random, as a control"
    ),
}

CHANNEL_IMPORTANCES: Mapping[str, ImportanceEntry] = {
    "magnitude": ImportanceEntry(
        "vitac_tui.pruning.importances:magnitude", "norm of a group's weights"
    ),
    "random": ImportanceEntry(
        "vitac_tui.pruning.importances:random", "drawn at random, as a control"
    ),
    "bn_scale": ImportanceEntry(
        "vitac_tui.pruning.importances:bn_scale", "size of the batch-norm scale"
    ),
    "lamp": ImportanceEntry(
        "vitac_tui.pruning.importances:lamp", "layer-adaptive magnitude (LAMP)"
    ),
    "fpgm": ImportanceEntry(
        "vitac_tui.pruning.importances:fpgm",
        "distance to the layer's other filters: those that others can replace go first (FPGM)",
    ),
    "taylor": ImportanceEntry(
        "vitac_tui.pruning.importances:taylor",
        "first-order change of the loss, from gradients on training images",
        uses_images=True,
    ),
}

REGISTRIES: Mapping[str, Mapping[str, Entry]] = {  # by the setting that names an entry
    "`model.arch`": ARCHITECTURES,
    "`train.optimizer`": OPTIMIZERS,
    "`train.schedule`": SCHEDULES,
    "`dataset.augment`": AUGMENTATIONS,
    "`importance` of masks": MASK_IMPORTANCES,
    "`importance` of channels": CHANNEL_IMPORTANCES,
}


def layouts() -> Mapping[str, Any]:
    """Return the settings class of every dataset layout by name."""
    from vitac_tui.experiment.dataset import LAYOUTS  # late: it imports this module

    return LAYOUTS


def pruning_steps() -> Mapping[str, Any]:
    """Return the settings class of every pruning step by its method."""
    from vitac_tui.experiment.prune import METHODS  # late: it imports this module

    return METHODS


def implementations() -> Iterator[str]:
    """Yield a reference to the implementation of everything that users can name."""
    for named_things in (*REGISTRIES.values(), layouts(), pruning_steps()):
        for thing in named_things.values():
            yield thing.implementation


class _Name:
    """Annotation of a text that must be a name in a registry."""

    def __init__(self, registry: Mapping[str, Entry], what: str) -> None:
        self.registry = registry
        self.what = what

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """List the names with their help: late, since installed packages may add some."""
        return {
            "type": "string",
            "enum": list(self.registry),
            "x-help": {name: entry.help for name, entry in self.registry.items()},
        }

    def _check(self, value: str) -> str:
        if value not in self.registry:
            raise ValueError(f"unknown {self.what} {value!r}{near(value, self.registry)}")
        return value


def named(registry: Mapping[str, Entry], what: str) -> Any:
    """Return a text type that must be a name in `registry`; its schema lists names and help."""
    return Annotated[str, _Name(registry, what)]


def near(word: str, known: Iterable[str]) -> str:
    """Return `" (did you mean 'x'?)"`, or all known names if none is close."""
    import difflib

    names = [str(name) for name in known]
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else f" (known: {', '.join(names)})"
