"""The experiment: everything a preset can say, validated."""

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
LARGEST_PLAN = 200_000  # epochs and rungs; each is an entry of the plan, which the record carries


class Variant(Settings):
    """One alternative of pruning the trained model."""

    name: str = setting(
        pattern=f"^{NAME.pattern}$", help="Letters, digits, '.', '_' and '-', at most 64."
    )
    keep_masks: bool = setting(
        False,
        help=(
            "false (the study): each step is permanent, so zeros of earlier steps count in later "
            "amounts; true: amounts are of what is still unmasked."
        ),
    )
    prune: Many[PruneStep] = setting(min_length=1, max_length=100, help="The steps, in order.")

    @model_validator(mode="after")
    def _one_sweep(self) -> Variant:
        _check_variant(self.name, self.prune)
        return self


def _check_variant(name: str, steps: tuple[Any, ...]) -> None:
    if name.casefold() == "dense":
        raise MisfitError(f"{name!r} is the name of the unpruned model; choose another", ("name",))
    swept: list[Loc] = [("prune", n, "amount") for n, step in enumerate(steps) if amounts((step,))]
    if len(swept) > 1:
        raise MisfitError("at most one step of a variant can sweep its amount", *reversed(swept))


class Experiment(Settings):
    """A preset, fully validated. Its TOML text runs the same experiment."""

    name: str = setting(
        pattern=f"^{NAME.pattern}$",
        affects="execution",
        help="Name of the experiment: letters, digits, '.', '_' and '-', at most 64.",
    )
    description: str = setting("", affects="execution", help="One line about it.")
    tags: Many[str] = setting((), affects="execution", help="Words to find the run by.")
    notes: str = setting("", affects="execution", help="Anything worth remembering.")
    seed: int = setting(0, ge=0, le=LARGEST_SEED, help="Seed of weights, order and augmentation.")
    seeds: Many[Annotated[int, Field(ge=0, le=LARGEST_SEED)]] = setting(
        (),
        max_length=1000,
        help="Repeat the experiment with each of these seeds; [] = `seed` alone.",
    )
    from_run: str = setting("", help="Prune this run's model on its data instead of training.")
    device: str = setting(
        "auto",
        pattern=r"^(auto|cpu|mps|cuda(:[0-9]{1,3})?)$",
        affects="execution",
        help='"auto" (the visible GPU with most free memory, else cpu), "cpu", "cuda[:N]", "mps".',
    )
    precision: Literal["auto", "fp32", "bf16"] = setting(
        "auto",
        help=(
            "Arithmetic of training and evaluation; auto goes by the hardware's features: bf16 "
            "where it is fast, fp16 on GPUs of compute capability 7, else fp32."
        ),
    )
    deterministic: bool = setting(
        True,
        help=(
            "false: on a GPU, algorithms that cuDNN finds to be fastest, which need not give the "
            "same figures again; on the CPU figures always repeat."
        ),
    )
    checkpoint_every: str = setting(
        "1 minute",
        pattern=f"^{CHECKPOINT_EVERY.pattern}$",
        affects="execution",
        help='How much work a crash may cost: "N minutes" or "N epochs".',
    )
    tensorboard: bool = setting(
        True, affects="execution", help="Write TensorBoard files into the run directory."
    )
    dataset: Dataset = setting(help="The images.")
    model: ModelSettings = setting(help="The network.")
    train: TrainSettings = setting(default=TrainSettings(), help="How it is trained.")
    evaluate: EvaluateSettings = setting(
        default=EvaluateSettings(), help="How it is scored and timed."
    )
    select: SelectSettings = setting(
        default=SelectSettings(), help="How the amount of a sweep is chosen."
    )
    prune: Many[PruneStep] = setting(
        (), max_length=100, help="Steps applied in order: the variant `main`."
    )
    variant: Many[Variant] = setting(
        (), max_length=1000, help="Alternatives of pruning one trained model."
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
            raise MisfitError("a seed stands twice in seeds", ("seeds",))
        if len(set(self.train.learning_rate)) != len(self.train.learning_rate):
            raise MisfitError("a rate stands twice", ("train", "learning_rate"))
        if self.dataset.split.test + self.dataset.split.val >= 1:
            split = ("dataset", "split")
            raise MisfitError(
                "leaves nothing to train on: test + val must be below 1",
                (*split, "test"),
                (*split, "val"),
                split,
            )
        self._check_size()
        return self

    def _check_variant_names(self) -> None:
        seen: dict[str, int] = {}
        for number, variant in enumerate(self.variant):
            other = seen.setdefault(variant.name.casefold(), number)  # as some file systems do
            if other != number:
                raise MisfitError(
                    f"{variant.name!r} is the name of variant {other} already "
                    "(upper and lower case count as one)",
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
                f"comes to {units:,} epochs and rungs, over all seeds, rates and amounts; "
                f"at most {LARGEST_PLAN:,}",
                ("seeds",),
                ("train", "epochs"),
                ("train", "learning_rate"),
                ("variant",),
                ("prune",),
            )

    @property
    def origins(self) -> Origins:
        """Where its settings were given."""
        return self._origins

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The alternatives of pruning; `[[prune]]` alone is the variant `main`."""
        if self.prune:
            return (Variant(name="main", prune=self.prune),)
        return self.variant

    def steps_key(self, variant: Variant) -> str:
        """Key path of a variant's steps, as the preset has them."""
        return "prune" if self.prune else f"variant.{variant.name}.prune"

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds to run, one or several."""
        return self.seeds or (self.seed,)

    @property
    def trains(self) -> bool:
        """Whether the experiment trains a model rather than taking one."""
        return self.train.epochs > 0 and not self.from_run

    @property
    def explicit_test(self) -> bool:
        """Whether list files, and not shares, decide what is in the test set."""
        dataset = self.dataset
        columns = isinstance(dataset, ListLayout) and bool(dataset.columns.split)
        return bool(list_names(dataset)) or columns


def plain(model: BaseModel) -> dict[str, Any]:
    """A settings table as plain TOML-ready data, every setting filled in."""
    data: dict[str, Any] = json.loads(model.model_dump_json(by_alias=True))
    return data


def digest(experiment: Experiment) -> str:
    """Hex digest of what decides the figures: equal digests are the same experiment."""
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
