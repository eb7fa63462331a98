"""What must stand beside the figures of a run, so that nobody believes more than they show."""

from __future__ import annotations

from vitac_tui.runs.lines import interval
from vitac_tui.runs.numbers import percent
from vitac_tui.runs.results import Results
from vitac_tui.runs.rows import CONTROL, DatasetRow, ModelRow

BELIEVED = ("clean", "no overlap")  # how verdicts begin that leave nothing to doubt
#: Classifiers that understand nothing, by their key in `probes`.
TRIVIAL = {
    "pixels": "the nearest training image",
    "structure": "the nearest training image in detail",
    "colour": "mean colour",
}


def doubts(results: Results) -> list[str]:
    """The marks of a run, a verdict of doubt on its data, and what its dense models show."""
    verdict = results.dataset["verdict"] if results.dataset else ""
    doubted = verdict and not verdict.startswith(BELIEVED)
    said = [*marks(results), *([f"data: {verdict}"] if doubted else [])]
    return [*said, *of_dense(results)]


def marks(results: Results) -> list[str]:
    """Why the figures are not what they seem to be: a control, an overlap that was allowed."""
    return list(results.dataset.get("marks", ())) if results.dataset else []


def of_dense(results: Results) -> list[str]:
    """What the unpruned models show: of a control, or where a trivial classifier equals them."""
    control = any(mark.startswith(CONTROL) for mark in marks(results))
    dense = [row for row in results.models if not row["steps"]]
    if control:
        return [_of_control(row) for row in dense]
    return [said for row in dense if (said := _no_better(row, results.dataset))]


def _of_control(row: ModelRow) -> str:
    """A control must not beat a constant answer."""
    scores = row["test"] or row["eval"]
    counts = [of_class["images"] for of_class in scores["per_class"]]
    chance = max(counts, default=0) / max(1, sum(counts))
    said = f"{row['id']} on {scores['split']}: {interval(scores)} % is"
    if scores["top1_low"] is not None and scores["top1_low"] > chance:
        return f"{said} beyond chance ({percent(chance)} %): the evaluation gives classes away"
    return f"{said} within chance ({percent(chance)} %), as a control must be"


def _no_better(row: ModelRow, dataset: DatasetRow | None) -> str:
    """A network that is not shown to beat the best trivial classifier on the same split; or ""."""
    scores = row["test"] or row["eval"]
    probes = dataset.get("probes", {}).get(scores["split"], {}) if dataset else {}
    known = {key: probes[key] for key in TRIVIAL if key in probes}
    best = max(known, key=known.__getitem__, default="")
    low = scores["top1_low"]
    if not best or low is None or low > known[best]:
        return ""
    return (
        f"{row['id']} on {scores['split']}: {interval(scores)} % is not shown to beat "
        f"{TRIVIAL[best]} alone ({percent(known[best])} %)"
    )
