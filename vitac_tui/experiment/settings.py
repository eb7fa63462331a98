"""The experiment: all settings of a preset, validated."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PrivateAttr, model_validator

from vitac_tui.experiment.dataset import Dataset, ListLayout, list_names
from vitac_tui.experiment.declare import Loc, Many, MisfitError, Settings, affects, setting
from vitac_tui.experiment.origins import Origins
from vitac_tui.experiment.prune import PruneStep, amounts, most_points
from vitac_tui.experiment.stages import (
    EvaluateSettings,
    ModelSettings,
    SelectSettings,
    TrainSettings,
)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CHECKPOINT_EVERY = re.compile(r"([1-9][0-9]{0,4}) (epochs?|minutes?)")
LARGEST_SEED = 2**32 - 1
LARGEST_PLAN = 200_000  # units of work; the event log lists them


class Variant(Settings):
    """One way to prune the trained model."""

    name: str = setting(
        pattern=f"^{NAME.pattern}$",
        help="Name in tables: letters, digits, '.', '_' and '-', at most 64.",
    )
    keep_masks: bool = setting(
        False,
        help=(
            "Whether weights that earlier steps set to zero are left out of a later step's amount. "
            "If false, as in the reference study, they are pruned first and count in the amount. "
            "Set to true to prune that fraction of the remaining weights."
        ),
    )
    prune: Many[PruneStep] = setting(
        min_length=1, max_length=100, help="The pruning steps, in order."
    )

    @model_validator(mode="after")
    def _one_sweep(self) -> Variant:
        _check_variant(self.name, self.prune)
        return self


def _check_variant(name: str, steps: tuple[Any, ...]) -> None:
    if name.casefold() == "dense":
        raise MisfitError(
            f"{name!r} is the name of the unpruned model; choose another name", ("name",)
        )
    swept: list[Loc] = [("prune", n, "amount") for n, step in enumerate(steps) if amounts((step,))]
    if len(swept) > 1:
        raise MisfitError("at most one step of a variant can sweep its amount", *reversed(swept))


class Experiment(Settings):
    """A validated preset. As TOML text, it is a preset of the same experiment."""

    name: str = setting(
        pattern=f"^{NAME.pattern}$",
        affects="execution",
        help="Name of the experiment, part of its runs' names: letters, digits, '.', '_' and '-', "
        "at most 64.",
    )
    description: str = setting(
        "",
        affects="execution",
        help="What the experiment is for, in one line; shown by `vitac-tui presets`.",
    )
    tags: Many[str] = setting(
        (), affects="execution", help="Words by which the list of runs can be filtered."
    )
    notes: str = setting("", affects="execution", help="Free text, kept with the run.")
    seed: int = setting(
        0,
        ge=0,
        le=LARGEST_SEED,
        help="Seed of the initial weights, the order of the images and the augmentation.",
    )
    seeds: Many[Annotated[int, Field(ge=0, le=LARGEST_SEED)]] = setting(
        (),
        max_length=1000,
        help=(
            "Repeat the experiment with each of these seeds and report means. Three to five seeds "
            "show how much of a difference is chance. Default: `seed` only."
        ),
    )
    from_run: str = setting(
        "",
        help=(
            "Name or path of a run whose trained model is pruned, on its dataset and split. "
            'No dense model is trained. Default: "", train one.'
        ),
    )
    device: str = setting(
        "auto",
        pattern=r"^(auto|cpu|mps|cuda(:[0-9]{1,3})?)$",
        affects="execution",
        help=(
            'Where to compute: "cpu", "cuda", "cuda:N", "mps", or "auto", the visible GPU with the '
            "most free memory, or the CPU if there is none."
        ),
    )
    precision: Literal["auto", "fp32", "bf16"] = setting(
        "auto",
        help=(
            "Number format of training and evaluation. auto chooses the fastest that the device "
            "supports well: bf16, fp16 on GPUs of compute capability 7, or fp32. Set it to compare "
            "runs from different devices."
        ),
    )
    deterministic: bool = setting(
        True,
        help=(
            "If true, the same experiment gives identical results on the same machine. Set to "
            "false to let cuDNN choose the fastest algorithms on a GPU; results then vary "
            "slightly. No effect on a CPU."
        ),
    )
    checkpoint_every: str = setting(
        "1 minute",
        pattern=f"^{CHECKPOINT_EVERY.pattern}$",
        affects="execution",
        help=(
            'How often training saves a checkpoint: "N minutes" or "N epochs". A crash costs at '
            "most this much work. Raise it if checkpoints are large and the disk is slow."
        ),
    )
    tensorboard: bool = setting(
        True,
        affects="execution",
        help="Write TensorBoard files into the run directory. Set to false to save disk space.",
    )
    dataset: Dataset = setting(help="The images and their split.")
    model: ModelSettings = setting(help="The network and its initial weights.")
    train: TrainSettings = setting(default=TrainSettings(), help="Training of the dense model.")
    evaluate: EvaluateSettings = setting(
        default=EvaluateSettings(), help="How models are evaluated and timed."
    )
    select: SelectSettings = setting(
        default=SelectSettings(), help="How the amount of a sweep is chosen."
    )
    prune: Many[PruneStep] = setting(
        (),
        max_length=100,
        help="The pruning steps, in order. They are the variant `main`; for several use `variant`.",
    )
    variant: Many[Variant] = setting(
        (),
        max_length=1000,
        help="Several ways to prune the same trained model, compared in one table.",
    )

    _origins: Origins = PrivateAttr(default=Origins())

    @model_validator(mode="before")
    @classmethod
    def _reserved(cls, data: Any) -> Any:
        if isinstance(data, dict) and "grid" in data:
            raise MisfitError("[grid] is reserved for a later release", ("grid",))
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Experiment:
        if self.prune and self.variant:
            raise MisfitError(
                "give either [[prune]] steps or [[variant]] tables, not both",
                ("variant",),
                ("prune",),
            )
        _check_variant("main", self.prune)
        self._check_variant_names()
        if len(set(self.seeds)) != len(self.seeds):
            raise MisfitError("a seed appears twice", ("seeds",))
        if len(set(self.train.learning_rate)) != len(self.train.learning_rate):
            raise MisfitError("a learning rate appears twice", ("train", "learning_rate"))
        if self.dataset.split.test + self.dataset.split.val >= 1:
            split = ("dataset", "split")
            raise MisfitError(
                "no images are left for training: test + val must be below 1",
                (*split, "test"),
                (*split, "val"),
                split,
            )
        self._check_size()
        return self

    def _check_variant_names(self) -> None:
        seen: dict[str, int] = {}
        for number, variant in enumerate(self.variant):
            other = seen.setdefault(variant.name.casefold(), number)  # as some file systems
            if other != number:
                raise MisfitError(
                    f"{variant.name!r} is already the name of variant {other} "
                    "(upper and lower case are not distinguished)",
                    ("variant", number, "name"),
                    ("variant", other, "name"),
                )

    def _check_size(self) -> None:
        units = len(self.train.learning_rate) * self.train.epochs if self.trains else 0
        for variant in self.variants:
            rungs = sum(1 + step.recover.epochs for step in variant.prune)
            units += most_points(variant.prune) * rungs
        units *= len(self.all_seeds)
        if units > LARGEST_PLAN:
            raise MisfitError(
                f"needs {units:,} epochs and evaluations over all seeds, learning rates and "
                f"amounts; at most {LARGEST_PLAN:,} are possible",
                ("seeds",),
                ("train", "epochs"),
                ("train", "learning_rate"),
                ("variant",),
                ("prune",),
            )

    @property
    def origins(self) -> Origins:
        """Where the settings were given."""
        return self._origins

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The variants; the steps of `[[prune]]` are the variant `main`."""
        if self.prune:
            return (Variant(name="main", prune=self.prune),)
        return self.variant

    def steps_key(self, variant: Variant) -> str:
        """Return the key path of a variant's steps in the preset."""
        return "prune" if self.prune else f"variant.{variant.name}.prune"

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds of the experiment, one or several."""
        return self.seeds or (self.seed,)

    @property
    def trains(self) -> bool:
        """Whether the experiment trains a model instead of loading one."""
        return self.train.epochs > 0 and not self.from_run

    @property
    def explicit_test(self) -> bool:
        """Whether list files, and not a fraction, decide what is in the test set."""
        dataset = self.dataset
        columns = isinstance(dataset, ListLayout) and bool(dataset.columns.split)
        return bool(list_names(dataset)) or columns


def plain(model: BaseModel) -> dict[str, Any]:
    """Return a settings table as plain data for TOML, with every setting."""
    data: dict[str, Any] = json.loads(model.model_dump_json(by_alias=True))
    return data


def digest(experiment: Experiment) -> str:
    """Return a hex digest of the settings that affect results; equal for equal experiments."""
    text = json.dumps(_of_result(experiment), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _of_result(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {
            name: _of_result(getattr(value, name))
            for name in type(value).model_fields
            if affects(type(value), name) == "result"
        }
    if isinstance(value, tuple):
        return [_of_result(item) for item in value]
    return value
