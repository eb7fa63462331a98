"""Evaluate a model within the available memory, and record its row and predictions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vitac_tui.evaluation.cost import cost
from vitac_tui.evaluation.evaluate import evaluate
from vitac_tui.evaluation.features import Features, captured
from vitac_tui.evaluation.latency import latency
from vitac_tui.evaluation.metrics import EvalResult
from vitac_tui.loading.batches import Batch, ImageSet
from vitac_tui.models.fold import folded
from vitac_tui.models.layers import classifier_name
from vitac_tui.pruning.apply import Prunable, StepReport
from vitac_tui.pruning.early_stop import EarlyStop
from vitac_tui.runs import events
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.metrics import CostNumbers
from vitac_tui.runs.progress import Report
from vitac_tui.runs.rows import LatencyRow, ModelRow, StepRow
from vitac_tui.training.devices import is_out_of_memory
from vitac_tui.worker.prepare import Prepared
from vitac_tui.worker.stages.assess import evaluation, stopped
from vitac_tui.worker.stages.engine import Engine
from vitac_tui.worker.stages.predictions import write_predictions


def score(
    prepared: Prepared,
    context: RunContext,
    model: nn.Module,
    images: ImageSet,
    split: str,
    report: Report | None,
    features: Features | None = None,
    early: EarlyStop | None = None,
) -> EvalResult:
    """Evaluate a model on one split; on out-of-memory errors, halve the batch size and repeat.

    Args:
        prepared: gives classes, batch size, device and precision.
        context: of the run.
        model: on the device, in any mode.
        images: of `split`.
        split: its name.
        report: called with the number of images done.
        features: cached features of earlier models. A model that differs from one of these only
            in the classifier is evaluated from them, with the same result.
        early: may stop the evaluation; the result then covers the first images of its order.
    """
    whole = prepared.experiment.evaluate.batch_size
    batch_size = whole if early is None else min(whole, early.look_every)

    def evaluated(network: nn.Module, batches: Iterable[Batch]) -> EvalResult:
        return evaluate(
            network,
            batches,
            classes=prepared.outputs,
            images=len(images),
            split=split,
            device=prepared.picked.device,
            precision=prepared.picked.precision,
            interrupter=context.interrupter,
            progress=report,
            order=None if early is None else early.order,
            until=None if early is None else early.settled,
        )

    visited = images if early is None else images.at(torch.from_numpy(early.order))
    if features is not None and (known := features.find(model, split)):
        if early is not None:
            known = _reordered(known, early.order, batch_size)
        labels = torch.split(visited.labels, [len(batch) for batch in known])
        classifier = model.get_submodule(classifier_name(model))
        return evaluated(classifier, zip(known, labels, strict=True))
    network = folded(model)
    while True:
        try:
            if features is None:
                return evaluated(network, visited.ordered(batch_size)())
            with captured(network) as batches:
                result = evaluated(network, visited.ordered(batch_size)())
            if result.images == len(images):
                if early is not None and batches:
                    batches = _reordered(batches, np.argsort(early.order), whole)
                features.keep(model, split, batches)
            return result
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or batch_size == 1:
                raise
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        batch_size //= 2
        context.note(f"out of memory: evaluating with batches of {batch_size}", level="warning")


def _reordered(batches: list[Tensor], order: NDArray[np.int64], size: int) -> list[Tensor]:
    """Return the rows of all batches in another order, in batches of `size`."""
    return list(torch.split(torch.cat(batches)[torch.from_numpy(order)], size))


def record_model(
    engine: Engine,
    unit: str,
    report: Report,
    state: Prunable,
    *,
    row_id: str,
    variant: str,
    amount: float | None = None,
    seed: int,
    training: int | None,
    rung: str,
    steps: list[StepReport],
    early: EarlyStop | None = None,
) -> None:
    """Evaluate a model, measure its cost and latency, and record its predictions and row."""
    split = engine.prepared.eval_split
    images = engine.data.scored()
    result = score(
        engine.prepared, engine.context, state.model, images, split, report, engine.features, early
    )
    seen = images
    if early is not None and result.images < len(images):
        seen = images.at(torch.from_numpy(np.sort(early.order[: result.images])))
        engine.context.progress.lighten(unit, result.images / len(images))
    write_predictions(engine, f"{row_id}.{split}", result, seen)
    if early is not None and seen is not images:
        scores = stopped(engine, seed, row_id, result, seen, images, early.why)
    else:
        scores = evaluation(engine, seed, row_id, result, images, unit)
    settings = engine.experiment
    counted = cost(state.model, settings.dataset.image_size)
    row: ModelRow = {
        "id": row_id,
        "variant": variant,
        "amount": amount,
        "seed": seed,
        "training": training,
        "rung": rung,
        "steps": [cast(StepRow, asdict(step)) for step in steps],
        **cast(CostNumbers, asdict(counted)),
        "latency": _latencies(engine, state.model),
        "eval": scores,
        "test": None,
    }
    engine.context.emit(events.ModelEvaluated(row), unit)


def _latencies(engine: Engine, model: nn.Module) -> list[LatencyRow]:
    settings = engine.experiment.evaluate
    if not settings.latency_s:
        return []
    measured: list[LatencyRow] = []
    for batch in dict.fromkeys((1, settings.latency_batch)):
        try:
            taken = latency(
                model,
                engine.experiment.dataset.image_size,
                batch,
                device=engine.picked.device,
                dtype=engine.picked.precision,
                seconds=settings.latency_s,
                interrupter=engine.context.interrupter,
            )
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            engine.context.note(f"out of memory: no latency at batch {batch}", level="warning")
            continue
        measured.append(cast(LatencyRow, asdict(taken)))
    return measured
