"""Train the dense model at every learning rate, and select one."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from vitac_tui.errors import UserError, some
from vitac_tui.models.build import build
from vitac_tui.models.files import load_model
from vitac_tui.models.weights import WeightsReport, initialise
from vitac_tui.pruning.apply import Prunable
from vitac_tui.runs import events
from vitac_tui.runs.progress import Report
from vitac_tui.runs.rows import EpochScores, TrainingRow
from vitac_tui.runs.selection import BEST_TOP1, rendered
from vitac_tui.training.loop import Trainer
from vitac_tui.training.recipe import Recipe, TrainingResult, rank
from vitac_tui.training.seeding import derive
from vitac_tui.worker.stages.engine import Engine
from vitac_tui.worker.stages.row_names import dense_row, rate_name, seed_prefix
from vitac_tui.worker.stages.score import record_model, score

UNKNOWN_LINEAGE = (
    "their training images are unknown, so overlap with the held-out images cannot be ruled out"
)


def train_dense(engine: Engine, seed: int) -> None:
    """Train every learning rate of one seed, select one, and save its model as `dense`."""
    prefix = seed_prefix(engine.experiment, seed)
    if engine.experiment.trains:
        for number, rate in enumerate(engine.experiment.train.learning_rate):
            if not engine.units.done(f"{prefix}rate/{number}/keep"):
                _train_rate(engine, seed, number, rate)
    unit = f"{prefix}train/choose"
    if not engine.units.done(unit):
        with engine.units.begin(unit):
            _choose(engine, seed, unit)
    unit = f"{prefix}variant/dense/point/0/raw"
    if not engine.units.done(unit):
        dense = load_dense(engine, seed)
        with engine.units.begin(unit) as report:
            record_model(
                engine,
                unit,
                report,
                dense,
                row_id=dense_row(engine.experiment, seed),
                variant="dense",
                seed=seed,
                training=training_index(engine, seed),
                rung="raw",
                steps=[],
            )
        engine.features.hold(dense.model, engine.prepared.eval_split)


def load_dense(engine: Engine, seed: int) -> Prunable:
    """Return a fresh copy of the model that all variants of a seed start from."""
    loaded = load_model(engine.run.checkpoints / dense_row(engine.experiment, seed))
    masks = {name: mask.to(engine.picked.device) for name, mask in loaded.masks.items()}
    return Prunable(engine.place(loaded.model), masks)


def training_index(engine: Engine, seed: int) -> int | None:
    """Return the index in `training` of the row that a seed's dense model comes from."""
    results = engine.recorded()
    chosen = [
        choice["row"]
        for choice in results.selected
        if choice["what"] == "learning_rate" and choice["seed"] == seed
    ]
    for index, row in enumerate(results.training):
        if row["seed"] == seed and (not chosen or row["learning_rate"] == chosen[0]):
            return index
    return None


def class_weights(engine: Engine) -> Tensor | None:
    """Return the loss weight per output, float32 [outputs]; None if all classes weigh the same."""
    if engine.experiment.train.class_weights == "none":
        return None
    labels = engine.data.train().labels
    counts = torch.bincount(labels, minlength=engine.prepared.num_classes).float()
    present = counts > 0
    weights = torch.zeros_like(counts)
    weights[present] = len(labels) / (present.sum() * counts[present])
    return weights.to(engine.picked.device)


def recipe(engine: Engine, seed: int, learning_rate: float, epochs: int, stream: str) -> Recipe:
    """Return the training recipe of this experiment.

    `stream` gives each training its own random order of images.
    """
    settings = engine.experiment
    return Recipe(
        train=settings.train,
        learning_rate=learning_rate,
        epochs=epochs,
        seed=derive(seed, stream),
        modality=settings.dataset.modality,
        augment=settings.dataset.augment,
        precision=engine.picked.precision,
        class_weights=class_weights(engine),
    )


def validate(engine: Engine, model: nn.Module) -> EpochScores:
    """Return loss and top-1 on validation."""
    result = score(engine.prepared, engine.context, model, engine.data.scored(), "val", None)
    return {"loss": result.loss, "top1": result.top1}


def epoch_scope(engine: Engine, unit: str, number: int) -> AbstractContextManager[Report]:
    """Return the unit of one epoch."""
    return engine.units.begin(f"{unit}/epoch/{number}")


def _train_rate(engine: Engine, seed: int, number: int, rate: float) -> None:
    settings = engine.experiment
    unit = f"{seed_prefix(settings, seed)}rate/{number}"
    model = _initial(engine, seed)
    has_val = bool(engine.data.table.rows("val"))
    result = Trainer(
        model,
        engine.data.train(),
        recipe(engine, seed, rate, settings.train.epochs, "train"),
        context=engine.context,
        unit=unit,
        epoch_scope=lambda epoch: epoch_scope(engine, unit, epoch),
        validate=(lambda: validate(engine, model)) if has_val else None,
        checkpointer=engine.checkpointer,
    ).run()
    with engine.units.begin(f"{unit}/keep"):
        if result.state == "finished":
            engine.save(rate_name(settings, seed, number), model, engine.card([], trained=True))
        engine.context.emit(
            events.TrainingFinished(_training_row(result, seed, rate)), f"{unit}/keep"
        )


def _initial(engine: Engine, seed: int) -> nn.Module:
    """Return the network before training. All rates of a seed start from the same weights."""
    settings = engine.experiment.model
    torch.manual_seed(derive(seed, "initialise"))
    model = build(settings.arch, engine.prepared.num_classes, engine.data.spec.channels)
    report = initialise(model, settings.weights, arch=settings.arch)
    if report.source != "random":
        known = engine.prepared.start is not None
        engine.context.note(_weights_text(report) + ("" if known else f"; {UNKNOWN_LINEAGE}"))
    return engine.place(model)


def _weights_text(report: WeightsReport) -> str:
    parts = [f"weights from {report.source}: {report.matched} tensors taken"]
    for what, names in (("missing", report.missing), ("unexpected", report.unexpected)):
        if names:
            parts.append(f"{what}: {some(names)}")
    return "; ".join([*parts, *([report.note] if report.note else [])])


def _training_row(result: TrainingResult, seed: int, rate: float) -> TrainingRow:
    return {
        "seed": seed,
        "learning_rate": rate,
        "state": result.state,
        "epochs": result.epochs,
        "kept_epoch": result.kept_epoch,
        "wall_s": result.wall_s,
        "img_per_s": result.images / result.wall_s if result.wall_s else 0.0,
        "metrics": {
            "train": result.kept_train or result.train,
            "val": result.kept_val,
        },
    }


def _choose(engine: Engine, seed: int, unit: str) -> None:
    settings = engine.experiment
    dense = dense_row(settings, seed)
    if engine.prepared.source is not None:
        source = load_model(engine.prepared.source.dense(seed))
        engine.save(dense, source.model, source.card, source.masks)
        return
    if not settings.trains:
        engine.save(dense, _initial(engine, seed), engine.card([], trained=False))
        return
    rows = [row for row in engine.recorded().training if row["seed"] == seed]
    number = _best_rate(rows)
    row = rows[number]
    if len(rows) > 1:
        _select(engine, unit, seed, "learning_rate", row["learning_rate"])
    if settings.train.keep == "best":
        _select(engine, unit, seed, "epoch", row["kept_epoch"])
    kept = load_model(engine.run.checkpoints / rate_name(settings, seed, number))
    engine.save(dense, kept.model, kept.card)


def _best_rate(rows: list[TrainingRow]) -> int:
    finished = [i for i, row in enumerate(rows) if row["state"] == "finished"]
    if not finished:
        rates = ", ".join(f"{row['learning_rate']:g}" for row in rows)
        raise UserError(
            f"training diverged at every learning rate ({rates})",
            where="train.learning_rate",
            remedy="try a smaller one",
        )

    nothing: EpochScores = {"top1": None, "loss": None}
    return max(finished, key=lambda index: rank(rows[index]["metrics"]["val"] or nothing))


def _select(engine: Engine, unit: str, seed: int, what: str, row: float) -> None:
    event = events.Selected(
        what, "dense", seed, row, rule="", split="val", rule_name=BEST_TOP1, met=True
    )
    engine.context.emit(rendered(event), unit)
