"""What the answers of a model amount to: accuracy by image and by group, and against the dense one.

Everything here is worked out from the predictions on record, so that a resumed run finds what an
undisturbed one does.
"""

from __future__ import annotations

from typing import Any

from vitac_tui.errors import counted
from vitac_tui.evaluation.accuracy import by_image, by_vote
from vitac_tui.evaluation.metrics import EvalResult
from vitac_tui.evaluation.paired import Paired, compare
from vitac_tui.loading.batches import ImageSet
from vitac_tui.runs.rows import FEW_GROUPS
from vitac_tui.worker.engine import Engine
from vitac_tui.worker.names import dense_row
from vitac_tui.worker.predictions import read_answers


def evaluation(
    engine: Engine, seed: int, row_id: str, result: EvalResult, images: ImageSet, unit: str
) -> dict[str, Any]:
    """The `eval` or `test` part of a row, whose predictions are on record; classes by name."""
    names = engine.data.class_names
    row = result.row()
    for entry in row["per_class"]:
        entry["class"] = names[entry["class"]]
    split = result.split
    answers = read_answers(engine, f"{row_id}.{split}", images)
    accuracy, vote = by_image(answers), by_vote(answers)
    is_dense = row_id == dense_row(engine.experiment, seed)
    groups = answers.group_count
    if is_dense and groups is not None and groups < FEW_GROUPS:
        few = f"{counted(groups, 'group')} in {split}: under {FEW_GROUPS}"
        text = f"{few}, intervals are only a rough guide"
        engine.context.note(text, level="warning", unit=unit)
    return {
        **row,
        "top1_low": accuracy.low,
        "top1_high": accuracy.high,
        "interval": accuracy.interval,
        "groups": groups,
        "vote": vote and {"top1": vote.top1, "low": vote.low, "high": vote.high},
        "against_dense": None
        if is_dense
        else _as_data(engine, against_dense(engine, seed, row_id, split, images)),
    }


def against_dense(engine: Engine, seed: int, row_id: str, split: str, images: ImageSet) -> Paired:
    """A row against the dense model of its seed, both as on record.

    Raises:
        UserError: the predictions of either are missing or are not of these images.
    """
    dense = dense_row(engine.experiment, seed)
    before, after = (read_answers(engine, f"{row}.{split}", images) for row in (dense, row_id))
    return compare(before, after)


def _as_data(engine: Engine, compared: Paired) -> dict[str, Any]:
    names = dict(zip(engine.prepared.outputs, engine.data.class_names, strict=True))
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
                "dense": lost.dense,
                "pruned": lost.pruned,
            }
            for lost in compared.lost_classes
        ],
    }
