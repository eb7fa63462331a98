"""The `[[prune]]` steps: one settings class per method, which also declares what the step is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import Discriminator, Field, Tag, model_validator

from vitac_tui.experiment.bisection import FINEST, most_added
from vitac_tui.experiment.declare import Many, MisfitError, Settings, setting
from vitac_tui.experiment.one_of import OneOf
from vitac_tui.experiment.plugins import PRUNING_STEPS, Extensible, Plugin
from vitac_tui.experiment.registries import CHANNEL_IMPORTANCES, MASK_IMPORTANCES, named

BN_BATCHES_AFTER_CHANNELS = 30  # without them, scores after channel pruning mean nothing
MOST_EPOCHS = 100_000
LARGEST_RATE = 1e30  # single precision ends at 3e38


class Sweep(Settings):
    """Several amounts, each a point of the variant's curve."""

    sweep: Many[Annotated[float, Field(ge=0, lt=1)]] = setting(
        min_length=1, max_length=1000, help="The amounts to try, each in [0, 1)."
    )
    refine: float = setting(
        0.0,
        ge=0,
        lt=1,
        help=(
            "If above 0, search by bisection for the largest amount within `select.max_drop`, "
            "until the gap to the next larger one is at most this value. 0 = off."
        ),
    )
    exact: bool = setting(
        True,
        help=(
            "If false, stop evaluating an amount as soon as it can no longer stay within "
            "`select.max_drop`, even if every remaining image were classified correctly. This "
            "never changes the selected amount. Defaults to false when `refine` is set."
        ),
    )

    @model_validator(mode="before")
    @classmethod
    def _reserved(cls, data: Any) -> Any:
        for key in ("max_drop", "to"):
            if isinstance(data, dict) and key in data:
                raise MisfitError(
                    f"{{{key} = ...}} is reserved for a later release; "
                    "give a number in [0, 1) or {sweep = [...]}",
                    (key,),
                )
        return data

    @model_validator(mode="before")
    @classmethod
    def _exact_unless_refined(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("refine"):
            return {"exact": False, **data}
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Sweep:
        if len(set(self.sweep)) != len(self.sweep):
            raise MisfitError("lists an amount twice", ("sweep",))
        if 0 < self.refine < FINEST:
            raise MisfitError(f"must be at least {FINEST:g}, or 0 (off)", ("refine",))
        if self.refine and not self.most_added:
            raise MisfitError(
                f"has nothing to refine: no two amounts are more than {self.refine:g} apart",
                ("refine",),
                ("sweep",),
            )
        return self

    @property
    def most_added(self) -> int:
        """Number of amounts that the refinement adds at most."""
        return most_added(self.sweep, self.refine) if self.refine else 0


def _form(value: Any) -> str:
    return "sweep" if isinstance(value, dict | Sweep) else "fixed"


Amount = Annotated[
    Annotated[Annotated[float, Field(ge=0, lt=1)], Tag("fixed")] | Annotated[Sweep, Tag("sweep")],
    Discriminator(_form),
]


class Recover(Settings):
    """What follows a step: batch-norm re-estimation, then fine-tuning with the masks held."""

    bn_batches: int = setting(
        0,
        ge=0,
        le=100_000,
        unit="batches",
        help=(
            "Training batches to re-estimate batch-norm statistics on; 0 keeps them. Defaults to "
            f"{BN_BATCHES_AFTER_CHANNELS} for depgraph steps that prune by amount."
        ),
    )
    epochs: int = setting(
        0, ge=0, le=MOST_EPOCHS, unit="epochs", help="Epochs of fine-tuning; 0 = none."
    )
    learning_rate: float = setting(
        1e-3, gt=0, le=LARGEST_RATE, help="Largest learning rate of the fine-tuning."
    )


Kind = Literal["masks", "channels"]


class Step(Settings):
    """Settings that every step has.

    Each step also declares what it is. Functions are declared as text,
    "package.module:function", and imported by the worker.

    Attributes:
        implementation: prunes a network; called with (Prunable, step, StepContext), gives a
            StepResult (all of `vitac_tui.pruning.state`).
        check: finds out before the run whether the step fits a network without weights; called
            with (model, step, image size), raises UserError whose `where` is the setting. If the
            step removes channels, it removes them there too, for the steps that follow.
        kind: "masks" if weights are set to zero and stay, "channels" if they are removed.
        method: the name in a preset; a Literal with a help text, declared by each step.
    """

    implementation: ClassVar[str]
    check: ClassVar[str]
    kind: ClassVar[Kind]
    if TYPE_CHECKING:  # each step declares a Literal of its own
        method: str

    recover: Recover = setting(default=Recover(), help="What follows the step.")

    @property
    def requested(self) -> float | list[int] | None:
        """What the step is asked to prune: a fraction, channels by number, or None."""
        amount = getattr(self, "amount", None)
        return float(amount) if isinstance(amount, int | float) else None

    @property
    def targets(self) -> tuple[str, ...]:
        """Names or globs of the layers that the step applies to."""
        return tuple(getattr(self, "layers", ("*",)))

    @property
    def uses_images(self) -> bool:
        """Whether the step itself, apart from its recovery, looks at training images."""
        return False

    @property
    def summary(self) -> str:
        """The step in a few words, such as `ln_structured of fc`."""
        return self.method if self.targets == ("*",) else f"{self.method} of {_few(self.targets)}"


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


class GlobalUnstructured(Step):
    """Zero single weights, ranked over all convolution and linear layers together."""

    implementation: ClassVar[str] = "vitac_tui.pruning.masks:global_unstructured"
    check: ClassVar[str] = "vitac_tui.pruning.check:any_network"
    kind: ClassVar[Kind] = "masks"

    method: Literal["global_unstructured"] = setting(help="Single weights, ranked together.")
    amount: Amount = setting(help="Fraction of the weights to zero.")
    importance: named(MASK_IMPORTANCES, "importance") = setting(  # type: ignore[valid-type]
        "l1", help="How weights are ranked."
    )


class LayerUnstructured(Step):
    """Zero single weights, ranked within each layer."""

    implementation: ClassVar[str] = "vitac_tui.pruning.masks:layer_unstructured"
    check: ClassVar[str] = "vitac_tui.pruning.check:layers_exist"
    kind: ClassVar[Kind] = "masks"

    method: Literal["layer_unstructured"] = setting(help="Single weights, ranked in each layer.")
    layers: Many[str] = setting(("*",), min_length=1, help="Layer names or globs.")
    amount: Amount = setting(help="Fraction of each layer's weights to zero.")
    importance: named(MASK_IMPORTANCES, "importance") = setting(  # type: ignore[valid-type]
        "l1", help="How weights are ranked."
    )


class LnStructured(Step):
    """Zero whole slices of a layer's weight, ranked by their Ln norm."""

    implementation: ClassVar[str] = "vitac_tui.pruning.masks:ln_structured"
    check: ClassVar[str] = "vitac_tui.pruning.masks:check_slices"
    kind: ClassVar[Kind] = "masks"

    method: Literal["ln_structured"] = setting(help="Whole rows or columns of a weight.")
    layers: Many[str] = setting(min_length=1, help="Layer names or globs.")
    amount: Amount = setting(help="Fraction of each layer's slices to zero.")
    n: float = setting(  # beyond these, norms of real weights leave single precision and tie
        1, ge=0.5, le=10, help="Order of the norm that ranks the slices: 1 = L1, 2 = L2."
    )
    dim: int = setting(
        0,
        ge=0,
        le=3,
        help="Dimension: 0 = output channels (in the classifier: classes), 1 = input features.",
    )


class DepGraph(Step):
    """Remove channels together with everything that depends on them (torch-pruning)."""

    implementation: ClassVar[str] = "vitac_tui.pruning.depgraph:depgraph"
    check: ClassVar[str] = "vitac_tui.pruning.depgraph:check_channels"
    kind: ClassVar[Kind] = "channels"

    method: Literal["depgraph"] = setting(help="Channels with everything that depends on them.")
    layer: str = setting("", help="By channels: the layer whose output channels are removed.")
    channels: Many[Annotated[int, Field(ge=0, le=100_000)]] = setting(
        (), help="By channels: the output channels to remove."
    )
    amount: Amount = setting(0.0, help="By amount: fraction of the channels to remove.")
    importance: named(CHANNEL_IMPORTANCES, "importance") = setting(  # type: ignore[valid-type]
        "magnitude", help="By amount: how channels are ranked."
    )
    norm: Literal[1, 2] = setting(2, help="By amount: order of the norm of `magnitude`.")
    scope: Literal["local", "global"] = setting(
        "local",
        help=(
            "By amount: local removes the same fraction of every layer. global ranks the channels "
            "of all layers together, but each layer keeps at least a tenth."
        ),
    )
    round_to: int = setting(
        8,
        ge=1,
        le=512,
        help=(
            "By amount: round the remaining widths down to multiples of this number, but keep at "
            "least this many channels. 1 follows the amount most closely."
        ),
    )
    protect: Many[str] = setting(
        (), help="By amount: names or globs of layers that keep all channels."
    )

    @model_validator(mode="before")
    @classmethod
    def _recover_by_amount(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not data.get("amount"):
            return data
        recover = data.get("recover", {})
        if not isinstance(recover, dict):
            return data
        return {**data, "recover": {"bn_batches": BN_BATCHES_AFTER_CHANNELS, **recover}}

    @model_validator(mode="after")
    def _one_form(self) -> DepGraph:
        by_channels, by_amount = bool(self.layer or self.channels), self.amount != 0.0
        keys = (("amount",), ("channels",), ("layer",), ())
        if by_channels and by_amount:
            raise MisfitError("give either amount or layer and channels, not both", *keys)
        if not by_channels and not by_amount:
            raise MisfitError("needs amount, or layer and channels", *keys)
        if by_channels and not (self.layer and self.channels):
            raise MisfitError("pruning by channels needs both layer and channels", *keys)
        if len(set(self.channels)) != len(self.channels):
            raise MisfitError("lists a channel twice", ("channels",))
        return self

    @property
    def requested(self) -> float | list[int] | None:
        """The fraction of the channels, or the channels by number."""
        return list(self.channels) or super().requested

    @property
    def targets(self) -> tuple[str, ...]:
        """The layer whose channels are named, or all layers."""
        return (self.layer,) if self.layer else ("*",)

    @property
    def uses_images(self) -> bool:
        """Whether the criterion needs gradients on training images."""
        return CHANNEL_IMPORTANCES[self.importance].uses_images and not self.channels


class TwoFour(Step):
    """Zero the smaller two of every four consecutive weights (2:4 sparsity)."""

    implementation: ClassVar[str] = "vitac_tui.pruning.two_four:two_four"
    check: ClassVar[str] = "vitac_tui.pruning.two_four:check"
    kind: ClassVar[Kind] = "masks"

    method: Literal["two_four"] = setting(help="The smaller two of every four weights.")
    layers: Many[str] = setting(("*",), min_length=1, help="Layer names or globs.")


def _step_of(plugin: Plugin) -> type[Step]:
    """Return the settings class that a plug-in names.

    Raises:
        PluginError: it cannot be imported, or does not declare what a step has to declare.
    """
    step: Any = plugin.load()
    if not (isinstance(step, type) and issubclass(step, Step)):
        raise plugin.broken(f"{plugin.reference} is not a subclass of {Step.__name__}")
    for name in ("implementation", "check", "kind"):
        if not isinstance(getattr(step, name, None), str):
            raise plugin.broken(f"{step.__name__} does not declare {name!r}")
    method = step.model_fields.get("method")
    if method is None or get_args(method.annotation) != (plugin.name,):
        raise plugin.broken(f"method of {step.__name__} is not Literal[{plugin.name!r}]")
    checked: type[Step] = step
    return checked


METHODS: Extensible[type[Step]] = Extensible(
    {
        "global_unstructured": GlobalUnstructured,
        "layer_unstructured": LayerUnstructured,
        "ln_structured": LnStructured,
        "depgraph": DepGraph,
        "two_four": TwoFour,
    },
    PRUNING_STEPS,
    _step_of,
)
PruneStep = Annotated[Step, OneOf(METHODS, "method")]


def kind_of(row: Mapping[str, Any]) -> str:
    """Return the kind of a step on record: "masks", "channels", or "" if it is not known.

    Runs of earlier versions did not record it; their methods are built in.
    """
    recorded = row.get("kind")
    if isinstance(recorded, str):
        return recorded
    step = METHODS.built_in.get(row["method"])
    return step.kind if step is not None else ""


def needs_training_images(step: Step) -> bool:
    """Return whether a step's criterion or its recovery looks at training images."""
    return bool(step.recover.bn_batches or step.recover.epochs or step.uses_images)


def matching(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return the names that any pattern (name or shell-style glob) matches, in the given order."""
    wanted = tuple(patterns)
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in wanted)]


def sweep_of(steps: tuple[Step, ...]) -> Sweep | None:
    """Return the sweep of a list of steps, or None."""
    found = (getattr(step, "amount", None) for step in steps)
    return next((amount for amount in found if isinstance(amount, Sweep)), None)


def amounts(steps: tuple[Step, ...]) -> tuple[float, ...]:
    """Return the amounts that a list of steps sweeps over, or ()."""
    swept = sweep_of(steps)
    return swept.sweep if swept is not None else ()


def most_points(steps: tuple[Step, ...]) -> int:
    """Return how many points a variant has at most, including those of a refinement."""
    swept = sweep_of(steps)
    return len(swept.sweep) + swept.most_added if swept is not None else 1


def at_amount(steps: tuple[Step, ...], amount: float) -> tuple[Step, ...]:
    """Return the steps with the sweep replaced by one of its amounts."""
    return tuple(
        step.model_copy(update={"amount": amount})
        if isinstance(getattr(step, "amount", None), Sweep)
        else step
        for step in steps
    )
