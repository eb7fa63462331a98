"""Summarize what an experiment will do before it starts, from its data and settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from vitac_tui.data.read import read_dataset
from vitac_tui.errors import UserError, counted
from vitac_tui.experiment.dataset import SampleSetLayout
from vitac_tui.experiment.prune import most_points, sweep_of
from vitac_tui.experiment.registries import OPTIMIZERS
from vitac_tui.experiment.settings import Experiment, Variant
from vitac_tui.experiment.stages import TrainSettings
from vitac_tui.sampleset.place import sample_root


@dataclass(frozen=True)
class Network:
    """What determines the size of a network: a request to the process that can import torch."""

    arch: str
    num_classes: int
    image_size: int


@dataclass(frozen=True)
class Summary:
    """The part of the summary that needs no torch.

    Attributes:
        text: lines on data, training and pruning; or why the dataset cannot be read.
        network: the network to train; None if it is not known.
    """

    text: str
    network: Network | None = None


def summarize(experiment: Experiment) -> Summary:
    """Return the summary of an experiment. Blocks while the dataset is read."""
    try:
        images = _images(experiment)
    except UserError as problem:
        return Summary(f"data: {problem}")
    lines = [*_data(experiment, images), *_training(experiment, images), *_pruning(experiment)]
    return Summary("\n".join(lines), _network(experiment, images))


def network_text(experiment: Experiment, metrics: Mapping[str, int]) -> str:
    """Return the size and cost of the network before pruning.

    Args:
        experiment: the settings.
        metrics: `parameters`, `valid_weights`, `macs` and `bytes`, as in `results.json`.
    """
    # Weights from a file may contain zeros.
    exact = experiment.model.weights == "none" and experiment.trains
    kept, resume = _disk(experiment, metrics)
    lines = [
        f"network: {experiment.model.arch}",
        f"  {metrics['parameters']:,} parameters",
        f"  {metrics['valid_weights']:,} valid weights{'' if exact else ' at most'}",
        f"  {metrics['macs']:,} MACs per image",
        f"checkpoints: {_megabytes(metrics['bytes'])} per model",
        f"  at most {_megabytes(kept)} at once",
    ]
    if resume:
        lines.append(f"  {_megabytes(resume)} more during training")
    return "\n".join(lines)


def _megabytes(count: int) -> str:
    return f"{-(-count // 1_000_000):,} MB"


def _disk(experiment: Experiment, metrics: Mapping[str, int]) -> tuple[int, int]:
    """Return the most bytes that models take, and those of two resume states.

    Two, because the old state is kept until the next one is written.
    """
    model, mask = metrics["bytes"], -(-metrics["parameters"] // 8)
    dense = 1 + (len(experiment.train.learning_rate) if experiment.trains else 0)
    pruned = sum(_models(experiment, variant) for variant in experiment.variants)
    kept = len(experiment.all_seeds) * (dense * model + pruned * (model + mask))
    epochs = [step.recover.epochs for variant in experiment.variants for step in variant.prune]
    if not experiment.trains and not any(epochs):
        return kept, 0
    return kept, 2 * model * _copies(experiment.train)


def _models(experiment: Experiment, variant: Variant) -> int:
    """Return the most models of a variant that are on disk at once."""
    points = most_points(variant.prune)
    if experiment.evaluate.test == "all":
        rows = sum(1 + (s.recover.epochs > 0) + (s.recover.bn_batches > 0) for s in variant.prune)
    else:  # the last model, and those that a resume after fine-tuning starts from
        rows = 1 + sum(step.recover.epochs > 0 for step in variant.prune[:-1])
        if not any(step.recover.epochs for step in variant.prune):
            points = 1  # a sweep without training saves only the chosen model
    return rows * points


def _copies(train: TrainSettings) -> int:
    """Return how many copies of the weights a resume state holds.

    They are the weights, the optimizer's moments, and the weights of the best epoch.
    """
    optimizer = OPTIMIZERS[train.optimizer]
    moments = 0 if optimizer.needs_momentum and not train.momentum else optimizer.moments
    return 1 + moments + (train.keep == "best")


def _images(experiment: Experiment) -> Counter[str]:
    """Count images per split, or under "all" if the split is unknown, and classes.

    Nothing is rendered or decoded.
    """
    dataset = experiment.dataset
    if dataset.split.from_:
        return Counter()
    if (
        isinstance(dataset, SampleSetLayout)
        and not dataset.root
        and not sample_root(dataset).exists()
    ):
        count = dataset.classes * dataset.presses * dataset.frames
        return Counter(all=count, classes=dataset.classes)
    table = read_dataset(dataset)
    found = Counter(sample.split for sample in table.samples)
    found["classes"] = len(table.class_ids)
    return found


def _network(experiment: Experiment, images: Counter[str]) -> Network | None:
    outputs = experiment.model.num_classes or images["classes"]
    if not outputs:
        return None
    return Network(experiment.model.arch, outputs, experiment.dataset.image_size)


def _data(experiment: Experiment, images: Counter[str]) -> list[str]:
    dataset = experiment.dataset
    if dataset.split.from_:
        return ["data and network: as in the source run"]
    if images["all"]:
        return [f"data: {images['all']} images, rendered on first use"]
    splits = ", ".join(f"{images[split]:,} {split}" for split in ("train", "val", "test"))
    return [f"data: {counted(images['classes'], 'class', 'classes')}; images: {splits}"]


def _training(experiment: Experiment, images: Counter[str]) -> list[str]:
    train = experiment.train
    if not experiment.trains:
        return ["training: none"]
    rates, seeds = len(train.learning_rate), len(experiment.all_seeds)
    times = f" × {rates} rates" * (rates > 1) + f" × {seeds} seeds" * (seeds > 1)
    count = images["train"]
    if not count:
        return [f"training: {counted(train.epochs, 'epoch')}{times}"]
    steps = steps_of(count, train.batch_size)
    times_over = train.epochs * rates * seeds
    return [
        f"training: {counted(train.epochs, 'epoch')}{times}",
        f"  each {counted(count, 'image')}, {counted(steps, 'step')}",
        f"  total {times_over * count:,} images, {times_over * steps:,} steps",
    ]


def steps_of(images: int, batch_size: int) -> int:
    """Return the batches of an epoch. A single last image joins the batch before it."""
    starts = range(0, images, batch_size)
    return len(starts) - (len(starts) > 1 and images - starts[-1] == 1)


def _pruning(experiment: Experiment) -> list[str]:
    lines = []
    for variant in experiment.variants:
        swept = sweep_of(variant.prune)
        points = len(swept.sweep) if swept is not None else 1
        steps = ", then ".join(step.summary for step in variant.prune)
        recovered = sum(step.recover.epochs for step in variant.prune)
        more = f", {recovered} epochs of recovery each" if recovered else ""
        shown = f"{points} amounts" if points > 1 else "1 point"
        if swept is not None and swept.refine:
            shown += f", then at most {swept.most_added} to within {swept.refine:g}"
        lines.append(f"variant {variant.name}: {steps}: {shown}{more}")
    return lines or ["pruning: none"]
