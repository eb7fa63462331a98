"""What an experiment will do, said before it starts; from its data and settings alone."""

from __future__ import annotations

from collections import Counter

from vitac_tui.data.cache_root import sample_root
from vitac_tui.data.read import read_dataset
from vitac_tui.errors import UserError, counted
from vitac_tui.experiment.dataset import Sample
from vitac_tui.experiment.prune import amounts
from vitac_tui.experiment.settings import Experiment


def outlook(experiment: Experiment) -> str:
    """A few lines: images, steps, trainings, points. What cannot be read is said instead."""
    try:
        images = _images(experiment)
    except UserError as problem:
        return f"data: {problem}"
    lines = [*_data(experiment, images), *_training(experiment, images), *_pruning(experiment)]
    return "\n".join(lines)


def _images(experiment: Experiment) -> Counter[str]:
    """Images per split; "all" where the split is not known yet. Nothing is rendered or decoded."""
    dataset = experiment.dataset
    if dataset.split.from_:
        return Counter()
    if isinstance(dataset, Sample) and not dataset.root and not sample_root(dataset).exists():
        return Counter(all=dataset.classes * dataset.presses * dataset.frames)
    table = read_dataset(dataset)
    classes = len({sample.class_name for sample in table.samples})
    found = Counter(sample.split for sample in table.samples)
    found["classes"] = classes
    return found


def _data(experiment: Experiment, images: Counter[str]) -> list[str]:
    dataset = experiment.dataset
    if dataset.split.from_:
        return ["data: that of the run it starts from"]
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
    steps = max(1, -(-count // train.batch_size))
    passed = train.epochs * count * rates * seeds
    return [
        f"training: {counted(train.epochs, 'epoch')} of {steps:,} steps{times}",
        f"  {passed:,} images forward and back",
    ]


def _pruning(experiment: Experiment) -> list[str]:
    lines = []
    for variant in experiment.variants:
        points = len(amounts(variant.prune)) or 1
        steps = ", then ".join(str(step.method) for step in variant.prune)
        recovered = sum(step.recover.epochs for step in variant.prune)
        more = f", {recovered} epochs of recovery each" if recovered else ""
        shown = f"{points} amounts" if points > 1 else "1 point"
        lines.append(f"variant {variant.name}: {steps}: {shown}{more}")
    return lines or ["pruning: none"]
