"""Check everything that can be checked before a run directory is created."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vitac_tui.data.read import read_dataset, require_trainable
from vitac_tui.data.samples_csv import read_samples_csv
from vitac_tui.data.table import SampleTable
from vitac_tui.errors import UserError, counted, some
from vitac_tui.experiment.locate import locating
from vitac_tui.experiment.prune import amounts, needs_training_images
from vitac_tui.experiment.settings import Experiment
from vitac_tui.images.builder import require_cache
from vitac_tui.models.build import build
from vitac_tui.models.card import ModelCard
from vitac_tui.models.files import load_model
from vitac_tui.models.lineage import Lineage, lineage_beside, lineage_of
from vitac_tui.models.weights import initialise, require_imagenet
from vitac_tui.pruning.check import check_steps
from vitac_tui.runs import directory
from vitac_tui.runs.directory import RunDir
from vitac_tui.training.compiling import require_compiler
from vitac_tui.training.devices import Picked, pick
from vitac_tui.worker.overlap import Overlap, find_overlap, refuse
from vitac_tui.worker.stages.row_names import check_names


@dataclass(frozen=True)
class Prepared:
    """A checked experiment, ready to run.

    Attributes:
        table: the samples, each in a split.
        num_classes: outputs of the network.
        outputs: the network's output index of each class, in the order of `table.class_ids`.
        source: the run whose model is pruned, with `from_run`.
        start: the training images of the starting model; None for a weights file without lineage.
        overlap: the held-out images among them; empty unless `evaluate.allow_overlap` is set.
    """

    experiment: Experiment
    table: SampleTable
    num_classes: int
    outputs: tuple[int, ...]
    picked: Picked
    source: RunDir | None
    start: Lineage | None
    overlap: Overlap

    @property
    def eval_split(self) -> str:
        """The split that every row is evaluated on: validation if it has images, else test."""
        return "val" if self.table.rows("val") else "test"


def prepare(experiment: Experiment, runs: Path | None, *, picked: Picked | None = None) -> Prepared:
    """Check an experiment against its data, its network and this machine.

    Args:
        experiment: the resolved settings.
        runs: folder of the runs that `from_run` and `split.from` name; None if these are paths.
        picked: device and precision of an earlier process of the same run.

    Raises:
        UserError: a check failed. Nothing was written except the cache folder.
    """
    with locating(experiment):
        return _checked(experiment, runs, picked)


def _checked(experiment: Experiment, runs: Path | None, picked: Picked | None) -> Prepared:
    source = directory.locate(runs, experiment.from_run) if experiment.from_run else None
    split_of: dict[str, set[str]] | None = None
    check_names(experiment)
    if experiment.dataset.split.from_:
        split_run = directory.locate(runs, experiment.dataset.split.from_)
        split_of = defaultdict(set)
        for row in read_samples_csv(split_run.samples):
            split_of[row.path].add(row.split)
    table = read_dataset(experiment.dataset, split_of=split_of)
    if experiment.trains:
        require_trainable(table)
    _check_choices(experiment, table)
    require_training_images(experiment, table)
    num_classes, outputs = _outputs(experiment, table)
    start: Lineage | None = Lineage()
    if source is not None:
        start = _check_source(source, experiment, table, num_classes, outputs)
    check_steps(
        experiment.model.arch,
        num_classes,
        experiment.dataset.image_size,
        {experiment.steps_key(variant): variant.prune for variant in experiment.variants},
        table.source.channels,
    )
    if not experiment.trains and source is None and experiment.model.weights == "none":
        raise UserError(
            "there is nothing to train and no trained model to start from",
            where="train.epochs",
            remedy="set train.epochs above 0, or set from_run or model.weights",
        )
    if source is None and experiment.model.weights == "imagenet":
        require_imagenet(experiment.model.arch)
    if source is None and experiment.model.weights not in ("none", "imagenet"):
        # Load the weights now, so that a bad file is found before the run starts.
        arch = experiment.model.arch
        model = build(arch, num_classes, table.source.channels)
        initialise(model, experiment.model.weights, arch=arch)
        start = lineage_beside(Path(experiment.model.weights))
    picked = picked or pick(experiment.device, experiment.precision)
    if experiment.trains and experiment.train.compile:
        require_compiler(picked.device)
    overlap = find_overlap(table, experiment.dataset, start)
    if not experiment.evaluate.allow_overlap:
        refuse(overlap, where="from_run" if source is not None else "model.weights")
    require_cache(table, experiment.dataset)  # last, because it creates the folder
    return Prepared(experiment, table, num_classes, outputs, picked, source, start, overlap)


def _check_choices(experiment: Experiment, table: SampleTable) -> None:
    """Refuse selections without validation images, and experiments without held-out images."""
    if table.rows("val"):
        return
    chooses = [
        ("train.learning_rate", "several rates", len(experiment.train.learning_rate) > 1),
        ("train.keep", 'keep = "best"', experiment.train.keep == "best"),
        *(
            (experiment.steps_key(variant), "a sweep", bool(amounts(variant.prune)))
            for variant in experiment.variants
        ),
    ]
    for where, what, chosen in chooses:
        if chosen and (experiment.trains or what == "a sweep"):
            raise UserError(
                f"{what} must be compared on validation images, but there are none",
                where=where,
                remedy="set dataset.split.val above 0, or set a single value",
            )
    if not table.rows("test"):
        raise UserError(
            "there are neither validation nor test images",
            where="dataset.split",
            remedy="set val or test above 0",
        )


def require_training_images(experiment: Experiment, table: SampleTable) -> None:
    """Check that there are training images for recovery and for gradient-based importance.

    Batch normalisation needs at least two images per batch.

    Raises:
        UserError: a step has too few.
    """
    for variant in experiment.variants:
        for number, step in enumerate(variant.prune):
            taylor = step.uses_images
            pairs = step.recover.bn_batches or step.recover.epochs
            there, needed = len(table.rows("train")), 2 if pairs else 1
            if needs_training_images(step) and there < needed:
                key = f"{experiment.steps_key(variant)}.{number}"
                raise UserError(
                    f"needs {counted(needed, 'training image')}, but there are {there or 'none'}",
                    where=f"{key}.importance" if taylor else f"{key}.recover",
                    remedy="add training images, "
                    + ('or use "magnitude"' if taylor else "or set bn_batches and epochs to 0"),
                )


def _outputs(experiment: Experiment, table: SampleTable) -> tuple[int, tuple[int, ...]]:
    ids, wanted = table.class_ids, experiment.model.num_classes
    if wanted in (0, len(ids)):
        return len(ids), tuple(range(len(ids)))
    if wanted < len(ids):
        raise UserError(
            f"{wanted} outputs are too few for {len(ids)} classes",
            where="model.num_classes",
            remedy=f"set {len(ids)} or more, or 0 for the number of classes in the dataset",
        )
    if ids[0] < 0 or ids[-1] >= wanted:
        raise UserError(
            f"raw class ids range from {ids[0]} to {ids[-1]} and do not fit {wanted} outputs",
            where="model.num_classes",
            remedy=f"set {ids[-1] + 1} or more to keep raw ids, or 0 to renumber the classes",
        )
    return wanted, ids


def _check_source(
    source: RunDir,
    experiment: Experiment,
    table: SampleTable,
    num_classes: int,
    outputs: Sequence[int],
) -> Lineage:
    """Check the models to prune, and return the images that they were trained on.

    Raises:
        UserError: a model is missing, damaged or does not fit the experiment.
    """
    lineage = Lineage()
    for seed in experiment.all_seeds:
        stem = source.dense(seed)
        if not stem.with_name(f"{stem.name}.json").exists():
            if source.seeds:
                raise UserError(
                    f"{source.name} has models of other seeds: {some(map(str, source.seeds))}",
                    where="from_run",
                    remedy="set seed or seeds to some of these",
                )
            raise UserError(
                f"{source.name} has no trained model yet",
                where="from_run",
                remedy="let that run finish its training first",
            )
        card = load_model(stem).card
        if (card.arch, card.num_classes) != (experiment.model.arch, num_classes):
            raise UserError(
                f"is a {card.arch} with {card.num_classes} outputs, not a {experiment.model.arch} "
                f"with {num_classes}",
                where=str(stem),
                remedy="set model.arch and model.num_classes as in that run",
            )
        _check_classes(card, table, outputs, source.name)
        lineage = lineage.also(lineage_of(card, stem))
    return lineage


def _check_classes(card: ModelCard, table: SampleTable, outputs: Sequence[int], run: str) -> None:
    """Check that every class has the output index that it had when the model was trained.

    An additional folder shifts the ids of all later classes. Every image would then count as
    wrong, without an error.
    """
    ids = card.extra.get("class_ids")
    if not isinstance(ids, list) or len(ids) != len(card.class_names):
        return  # a card without class ids
    meant = range(len(ids)) if card.num_classes == len(ids) else ids  # as `_outputs` numbers them
    there = list(zip(card.class_names, meant, strict=True))
    for name, output in zip(table.class_names, outputs, strict=True):
        if (name, output) in there:
            continue
        known = next((f"output {other}" for own, other in there if own == name), "no class")
        raise UserError(
            f"class {name!r} is output {output} here, but {known} of {run}'s model",
            where="from_run",
            remedy="use the classes that the run was trained on, or train a new model",
        )
