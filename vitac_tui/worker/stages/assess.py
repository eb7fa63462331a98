"""What the answers of a model amount to: accuracy by image and by group, and against the dense one.

A run works this out from the predictions on record, so that a resumed run finds what an
undisturbed one does.
"""

from __future__ import annotations

from collections.abc import Mapping

from vitac_tui.errors import counted
from vitac_tui.evaluation.accuracy import Answers, by_image, by_vote
from vitac_tui.evaluation.metrics import EvalResult
from vitac_tui.evaluation.paired import Paired, compare
from vitac_tui.loading.batches import ImageSet
from vitac_tui.runs.metrics import FEW_GROUPS
from vitac_tui.runs.rows import IMAGES_PER_GROUP, AgainstDenseRow, AssessedScores, ScoresRow
from vitac_tui.statistics.intervals import plausible_range
from vitac_tui.worker.prepare import Prepared
from vitac_tui.worker.stages.dataset import Loaded
from vitac_tui.worker.stages.engine import Engine
from vitac_tui.worker.stages.predictions import read_answers
from vitac_tui.worker.stages.row_names import dense_row


def evaluation(
    engine: Engine, seed: int, row_id: str, result: EvalResult, images: ImageSet, unit: str
) -> ScoresRow:
    """The `eval` or `test` part of a row, whose predictions are on record; classes by name.

    Args:
        engine: of the run.
        seed: of the model.
        row_id: of the row.
        result: the scores of the model.
        images: all of the split.
        unit: at hand.
    """
    split = result.split
    answers = _recorded(engine, row_id, split, images)
    dense = dense_row(engine.experiment, seed)
    before = _recorded(engine, dense, split, images) if row_id != dense else None
    groups = answers.group_count
    if before is None and groups is not None and groups < FEW_GROUPS:
        text = (
            f"{counted(groups, 'group')} in {split}: with fewer than {FEW_GROUPS}, intervals are "
            "too wide to decide much"
        )
        engine.context.note(text, level="warning", unit=unit)
    return {
        **result.row(engine.data.class_names),
        **assessed(answers, before, class_names(engine.prepared, engine.data)),
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
    """The `eval` of a row whose scoring ended early, whose predictions are on record.

    It is of the images seen, and so is its comparison with the dense model. Nothing is said by
    class or by vote of groups, of which only some images were seen.

    Args:
        engine: of the run.
        seed: of the model.
        row_id: of the row.
        result: the scores of the model.
        seen: the images that were scored.
        images: all of the split.
        why: what is certain all the same.
    """
    split, dense = result.split, dense_row(engine.experiment, seed)
    answers = _recorded(engine, row_id, split, seen)
    table = engine.data.table
    before = read_answers(engine.run, f"{dense}.{split}", seen, table, among=images)
    return {
        **result.row(engine.data.class_names),
        "per_class": [],
        "confusion": [],
        **assessed(answers, before, class_names(engine.prepared, engine.data)),
        "vote": None,
        "stopped": {"of": len(images), "why": why},
    }


def dense_answers(engine: Engine, seed: int, split: str, images: ImageSet) -> Answers:
    """What the dense model of a seed said, as on record. Raises UserError where it is not."""
    return _recorded(engine, dense_row(engine.experiment, seed), split, images)


def assessed(answers: Answers, dense: Answers | None, names: Mapping[int, str]) -> AssessedScores:
    """Intervals, votes and the comparison with the dense model, as rows hold them.

    Args:
        answers: of the model.
        dense: of the dense model on the same images; None where the model is the dense one.
        names: of the classes, by output index.
    """
    accuracy, vote = by_image(answers), by_vote(answers)
    grouped = (
        None
        if answers.groups is not None
        else plausible_range(answers.right, IMAGES_PER_GROUP).grouped
    )
    return {
        "top1_low": accuracy.low,
        "top1_high": accuracy.high,
        "grouped_low": grouped and grouped[0],
        "grouped_high": grouped and grouped[1],
        "interval": accuracy.interval,
        "groups": answers.group_count,
        "vote": {"top1": vote.top1, "low": vote.low, "high": vote.high} if vote else None,
        "against_dense": _as_data(compare(dense, answers), names) if dense else None,
    }


def class_names(prepared: Prepared, data: Loaded) -> dict[int, str]:
    """Names of the classes by output index."""
    return dict(zip(prepared.outputs, data.class_names, strict=True))


def against_dense(engine: Engine, seed: int, row_id: str, split: str, images: ImageSet) -> Paired:
    """A row against the dense model of its seed, both as on record.

    Raises:
        UserError: the predictions of either are missing or are not of these images.
    """
    before = dense_answers(engine, seed, split, images)
    return compare(before, _recorded(engine, row_id, split, images))


def _recorded(engine: Engine, row_id: str, split: str, images: ImageSet) -> Answers:
    return read_answers(engine.run, f"{row_id}.{split}", images, engine.data.table)


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
