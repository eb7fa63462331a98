"""Caveats printed with every table of a run."""

from __future__ import annotations

from vitac_tui.runs.grades import verdict_grade, with_grade
from vitac_tui.runs.lines import interval
from vitac_tui.runs.numbers import percent, share_text
from vitac_tui.runs.results import Results
from vitac_tui.runs.rows import DatasetRow, ModelRow

#: Baselines without learning, by their key in `probes`.
BASELINES = {
    "pixels": "the nearest training image",
    "structure": "the nearest training image by structure",
    "colour": "mean colour",
}


def caveats(results: Results) -> list[str]:
    """Return all caveats: those of the models, a verdict that casts doubt, and of the baselines."""
    found = results.dataset
    data = [f"data: {found['verdict']}"] if found and verdict_grade(found).casts_doubt else []
    return [*model_caveats(results), *data, *dense_caveats(results)]


def model_caveats(results: Results) -> list[str]:
    """Return why the models' metrics mislead: a control experiment, or an overlap that was allowed.

    They are recorded under `dataset.marks`.
    """
    return list(results.dataset.get("marks", ())) if results.dataset else []


def dense_caveats(results: Results) -> list[str]:
    """Return what the dense models show about a control, or about baselines that equal them."""
    if results.dataset is None:
        return []
    dense = [row for row in results.models if not row["steps"]]
    if with_grade(results.dataset)["control"]:
        return [_of_control(row) for row in dense]
    return [text for row in dense if (text := _no_better(row, results.dataset))]


def _of_control(row: ModelRow) -> str:
    """Compare the dense model of a control with chance, which it must not exceed."""
    scores = row["test"] or row["eval"]
    counts = [of_class["images"] for of_class in scores["per_class"]]
    chance = max(counts, default=0) / max(1, sum(counts))
    text = f"{row['id']} on {scores['split']}: {interval(scores)} % is"
    if scores["top1_low"] is not None and scores["top1_low"] > chance:
        return f"{text} above chance ({percent(chance)} %): the evaluation gives classes away"
    return f"{text} within chance ({percent(chance)} %), as expected of a control"


def _no_better(row: ModelRow, dataset: DatasetRow) -> str:
    """Say that a dense model is not shown to beat the best baseline on its split; "" if it is."""
    scores = row["test"] or row["eval"]
    recorded = dataset.get("probes", {}).get(scores["split"], {})
    known = {key: recorded[key] for key in BASELINES if key in recorded}
    best = max(known, key=known.__getitem__, default="")
    low = scores["top1_low"]
    if not best or low is None or low > known[best]:
        return ""
    alone = share_text(known[best], int(recorded.get("images", scores["images"])))
    return (
        f"{row['id']} on {scores['split']}: {interval(scores)} % is not shown to beat "
        f"{BASELINES[best]} alone ({alone})"
    )
