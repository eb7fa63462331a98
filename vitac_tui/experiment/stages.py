"""The settings tables `[model]`, `[train]`, `[evaluate]` and `[select]`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from vitac_tui.experiment.declare import Many, Settings, setting
from vitac_tui.experiment.prune import LARGEST_RATE, MOST_EPOCHS
from vitac_tui.experiment.registries import ARCHITECTURES, OPTIMIZERS, SCHEDULES, named

LARGEST_BATCH = 2**16
MOST_RATES = 100
Rate = Annotated[float, Field(gt=0, le=LARGEST_RATE)]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


class ModelSettings(Settings):
    """The network and where its weights come from."""

    arch: named(ARCHITECTURES, "architecture") = setting(  # type: ignore[valid-type]
        help="The network."
    )
    weights: str = setting(
        "none",
        path=True,
        min_length=1,
        help='Initial weights: "none" (random), "imagenet", or a .safetensors or .pt file.',
    )
    num_classes: int = setting(
        0,
        ge=0,
        le=100_000,
        help="Outputs of the classifier; 0 = one per class. A larger number keeps raw class ids.",
    )


class TrainSettings(Settings):
    """How the dense model is trained."""

    epochs: int = setting(
        30, ge=0, le=MOST_EPOCHS, unit="epochs", help="Passes over the images; 0 = no training."
    )
    batch_size: int = setting(
        64,
        ge=2,
        le=LARGEST_BATCH,
        unit="images",
        help="Images per step; batch-norm needs at least two. Reduce it if memory runs out.",
    )
    optimizer: named(OPTIMIZERS, "optimizer") = setting(  # type: ignore[valid-type]
        "adam", help="The optimiser."
    )
    schedule: named(SCHEDULES, "schedule") = setting(  # type: ignore[valid-type]
        "onecycle",
        help="How the learning rate changes; the given rate is its maximum.",
    )
    learning_rate: Annotated[
        Many[Rate],
        BeforeValidator(
            _as_list,
            json_schema_input_type=Rate
            | Annotated[list[Rate], Field(min_length=1, max_length=MOST_RATES)],
        ),
    ] = setting(
        (1e-3,),
        min_length=1,
        max_length=MOST_RATES,
        help="Learning rate, or a list: each is trained, and the best on validation is kept.",
    )
    weight_decay: float = setting(
        0.0, ge=0, le=LARGEST_RATE, help="L2 penalty (adam, sgd) or decay (adamw)."
    )
    momentum: float = setting(0.9, ge=0, lt=1, help="Momentum of sgd; others ignore it.")
    label_smoothing: float = setting(
        0.0, ge=0, lt=1, help="Fraction of the target spread over all classes."
    )
    mixup: float = setting(
        0.0,
        ge=0,
        le=100,
        help=(
            "Mixup: blend each image, and its label, with another one of the batch. Alpha of the "
            "beta distribution of the shares; 0 = off, 0.2 is usual."
        ),
    )
    class_weights: Literal["none", "balanced"] = setting(
        "none", help="balanced: weight classes in the loss by the inverse of their frequency."
    )
    compile: bool = setting(
        False,
        help=(
            "If true, compile the dense model's training steps with torch.compile. Compiling takes "
            "half a minute or more; the log reports after how many steps it pays back."
        ),
    )
    keep: Literal["last", "best"] = setting(
        "last",
        help="Epoch whose weights are kept: the last (reference study) or the best on validation.",
    )


class EvaluateSettings(Settings):
    """How models are scored and timed."""

    batch_size: int = setting(128, ge=1, le=LARGEST_BATCH, unit="images", help="Images per step.")
    test: Literal["chosen", "all"] = setting(
        "chosen",
        help="Models scored on test after every choice is made: dense and final ones, or all.",
    )
    allow_overlap: bool = setting(
        False,
        help=(
            "If true (--allow-overlap), score a model even on images that it, or the model it "
            "starts from, was trained on. Every table then carries a caveat."
        ),
    )
    latency_s: float = setting(
        1.0,
        ge=0,
        le=60,
        unit="seconds",
        affects="execution",
        help="Duration of each latency measurement; 0 = none.",
    )
    latency_batch: int = setting(
        32,
        ge=1,
        le=LARGEST_BATCH,
        unit="images",
        affects="execution",
        help="Batch size whose latency is measured in addition to 1.",
    )


class SelectSettings(Settings):
    """The rule that chooses the amount of a sweep."""

    max_drop: float = setting(
        0.01,
        ge=0,
        lt=1,
        help="Largest drop of validation top-1, as a fraction: 0.01 is 1 percentage point.",
    )
    rule: Literal["point", "fixed-sequence"] = setting(
        "point",
        help=(
            "When an amount qualifies. Both rules start at the smallest amount and stop at the "
            "first that fails. point: the observed drop is within `max_drop`, as in the reference "
            "study; this guarantees nothing about new images. fixed-sequence: a larger drop is "
            "ruled out, with an error of at most `error` over the whole sweep; needs many groups."
        ),
    )
    error: float = setting(
        0.025,
        gt=0,
        le=0.5,
        help=(
            "With fixed-sequence: largest probability that the selected amount drops by more than "
            "`max_drop` on new groups."
        ),
    )
    strict: bool = setting(
        False, help='If true, the same as rule = "fixed-sequence". Kept for older presets.'
    )

    @property
    def level(self) -> float | None:
        """Return the error level of the selection, or None for the point estimate."""
        return self.error if self.strict or self.rule == "fixed-sequence" else None
