"""Compute the accuracies of a model, and its comparison with the dense model.

They are computed from the recorded predictions, so that a resumed run gets the same results as an
uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Mapping

from vitac_tui.errors import counted
from vitac_tui.evaluation.accuracy import Predictions, image_accuracy, vote_accuracy
from vitac_tui.evaluation.metrics import EvalResult
from vitac_tui.evaluation.paired import Paired, compare
from vitac_tui.loading.batches import ImageSet
from vitac_tui.runs.metrics import FEW_GROUPS
from vitac_tui.runs.rows import IMAGES_PER_GROUP, AgainstDenseRow, AssessedScores, ScoresRow
from vitac_tui.statistics.intervals import plausible_range
from vitac_tui.worker.prepare import Prepared
from vitac_tui.worker.stages.dataset import Loaded
from vitac_tui.worker.stages.engine import Engine
from vitac_tui.worker.stages.predictions import read_predictions
from vitac_tui.worker.stages.row_names import dense_row


def evaluation(
    engine: Engine, seed: int, row_id: str, result: EvalResult, images: ImageSet, unit: str
) -> ScoresRow:
    """Return the `eval` or `test` part of a row whose predictions are recorded.

    Args:
        engine: of the run.
        seed: of the model.
        row_id: of the row.
        result: the scores of the model.
        images: all images of the split.
        unit: the current unit.
    """
    split = result.split
    predictions = _recorded(engine, row_id, split, images)
    dense = dense_row(engine.experiment, seed)
    before = _recorded(engine, dense, split, images) if row_id != dense else None
    groups = predictions.group_count
    if before is None and groups is not None and groups < FEW_GROUPS:
        text = (
            f"{counted(groups, 'group')} in {split}: with fewer than {FEW_GROUPS}, intervals are "
            "too wide for most decisions"
        )
        engine.context.note(text, level="warning", unit=unit)
    return {
        **result.row(engine.data.class_names),
        **assessed(predictions, before, class_names(engine.prepared, engine.data)),
    }


def stopped(
    engine: Engine,
    seed: int,
    row_id: str,
    result: EvalResult,
    seen: ImageSet,
    images: ImageSet,
    why: str,
) -> ScoresRow:
    """Return the `eval` part of a row whose evaluation stopped early.

    It covers the evaluated images only, as does the comparison with the dense model. There are no
    results per class or per group, since classes and groups are incomplete.

    Args:
        engine: of the run.
        seed: of the model.
        row_id: of the row.
        result: the scores of the model.
        seen: the images that were evaluated.
        images: all images of the split.
        why: what was already certain.
    """
    split, dense = result.split, dense_row(engine.experiment, seed)
    predictions = _recorded(engine, row_id, split, seen)
    table = engine.data.table
    before = read_predictions(engine.run, f"{dense}.{split}", seen, table, among=images)
    return {
        **result.row(engine.data.class_names),
        "per_class": [],
        "confusion": [],
        **assessed(predictions, before, class_names(engine.prepared, engine.data)),
        "vote": None,
        "stopped": {"of": len(images), "why": why},
    }


def dense_predictions(engine: Engine, seed: int, split: str, images: ImageSet) -> Predictions:
    """Return the recorded predictions of a seed's dense model.

    Raises:
        UserError: they are missing or not of these images.
    """
    return _recorded(engine, dense_row(engine.experiment, seed), split, images)


def assessed(
    predictions: Predictions, dense: Predictions | None, names: Mapping[int, str]
) -> AssessedScores:
    """Return intervals, majority votes and the comparison with the dense model, as in a row.

    Args:
        predictions: of the model.
        dense: of the dense model on the same images; None if the model is the dense one.
        names: class names by output index.
    """
    accuracy, vote = image_accuracy(predictions), vote_accuracy(predictions)
    grouped = (
        None
        if predictions.groups is not None
        else plausible_range(predictions.right, IMAGES_PER_GROUP).grouped
    )
    return {
        "top1_low": accuracy.low,
        "top1_high": accuracy.high,
        "grouped_low": grouped and grouped[0],
        "grouped_high": grouped and grouped[1],
        "interval": accuracy.interval,
        "groups": predictions.group_count,
        "vote": {"top1": vote.top1, "low": vote.low, "high": vote.high} if vote else None,
        "against_dense": _as_data(compare(dense, predictions), names) if dense else None,
    }


def class_names(prepared: Prepared, data: Loaded) -> dict[int, str]:
    """Return the class names by output index."""
    return dict(zip(prepared.outputs, data.class_names, strict=True))


def against_dense(engine: Engine, seed: int, row_id: str, split: str, images: ImageSet) -> Paired:
    """Return the comparison of a row with the dense model of its seed, from the records.

    Raises:
        UserError: the predictions of either are missing or are not of these images.
    """
    before = dense_predictions(engine, seed, split, images)
    return compare(before, _recorded(engine, row_id, split, images))


def _recorded(engine: Engine, row_id: str, split: str, images: ImageSet) -> Predictions:
    return read_predictions(engine.run, f"{row_id}.{split}", images, engine.data.table)


def _as_data(compared: Paired, names: Mapping[int, str]) -> AgainstDenseRow:
    return {
        "difference": compared.difference,
        "low": compared.low,
        "high": compared.high,
        "p": compared.p,
        "gained": compared.gained,
        "lost": compared.lost,
        "lost_classes": [
            {
                "class": names[lost.label],
                "images": lost.images,
                "dense": lost.before,
                "pruned": lost.after,
            }
            for lost in compared.lost_classes
        ],
    }
