"""The types of the rows in events and in `results.json`.

Writers build rows of these types and readers rely on them: mypy checks the keys in the code, and
`shape.py` checks them where a file is read. An event whose row does not fit becomes `Unknown`. A
key is `NotRequired` where earlier versions did not write it. Files may hold further keys.
"""
# No `from __future__ import annotations`: it would hide `NotRequired` from the checks at run time.

from typing import Any, NotRequired, TypedDict

from vitac_tui.runs.metrics import CostNumbers, Number, ScoreNumbers

IMAGES_PER_GROUP = 10  # assumed for `grouped_low` and `grouped_high` if groups are unknown


class FindingRow(TypedDict):
    """A finding about the dataset: `kind` and `grade` for programs, the texts for people."""

    kind: str
    grade: str
    split: str
    other: str
    count: int | None
    of: int | None
    text: str
    remedy: str
    examples: list[str]


class CoverageRow(TypedDict):
    """What was compared between the training images and a held-out split."""

    split: str
    compared: list[str]
    unchecked: list[str]


class DatasetRow(TypedDict):
    """The `dataset` of `results.json`."""

    layout: str
    modality: str
    classes: int
    images: dict[str, int]  # by split
    verdict: str
    warnings: list[str]
    fingerprint: str
    class_names: NotRequired[list[str]]
    groups: NotRequired[dict[str, int]]  # by split
    corrupt: NotRequired[int]
    marks: NotRequired[list[str]]
    control: NotRequired[bool]
    findings: NotRequired[list[FindingRow]]
    verdict_grade: NotRequired[str]
    coverage: NotRequired[CoverageRow]
    probes: NotRequired[dict[str, dict[str, float]]]
    near_copies: NotRequired[dict[str, dict[str, Any]]]
    chosen_by: NotRequired[dict[str, Any] | None]
    range: NotRequired[list[float] | str]  # values decoded to black and white; or "full"
    no_contact: NotRequired[dict[str, Any]]


# The functional form, since `class` is a keyword.
ClassRow = TypedDict("ClassRow", {"class": str, "images": int, "top1": Number})
LostClassRow = TypedDict(
    "LostClassRow", {"class": str, "images": int, "dense": Number, "pruned": Number}
)


class VoteRow(TypedDict):
    """Accuracy by majority vote per group."""

    top1: Number
    low: Number
    high: Number


class AgainstDenseRow(TypedDict):
    """A pruned model compared with the dense model on the same images."""

    difference: Number
    low: Number
    high: Number
    p: Number
    gained: int
    lost: int
    lost_classes: list[LostClassRow]


class StoppedRow(TypedDict):
    """Why only the first images of a split were scored."""

    of: int  # images of the split
    why: str


class SplitScores(ScoreNumbers):
    """Metrics of the images of a split."""

    split: str
    images: int


class MeasuredScores(SplitScores):
    """What an evaluation measures on the images of a split."""

    wall_s: NotRequired[float]
    img_per_s: NotRequired[float]
    per_class: list[ClassRow]
    confusion: list[list[int]]


class AssessedScores(TypedDict):
    """What follows from the predictions: intervals and the comparison with the dense model."""

    top1_low: Number
    top1_high: Number
    interval: NotRequired[str]  # exact | groups; wilson | group bootstrap in earlier versions
    grouped_low: NotRequired[Number]  # if groups are unknown: bounds, should images be grouped
    grouped_high: NotRequired[Number]
    groups: NotRequired[int | None]
    vote: NotRequired[VoteRow | None]
    against_dense: NotRequired[AgainstDenseRow | None]
    stopped: NotRequired[StoppedRow]


class ScoresSummary(SplitScores, AssessedScores):
    """What a line about the scores of a model needs."""


class ScoresRow(MeasuredScores, AssessedScores):
    """The `eval` or `test` of a model."""


class LatencyRow(TypedDict):
    """One measurement of `latency`."""

    median_ms: float
    p95_ms: NotRequired[float]
    batch: NotRequired[int]
    n: NotRequired[int]
    threads: NotRequired[int]
    device: NotRequired[str]
    runtime: NotRequired[str]
    dtype: NotRequired[str]


class StepRow(TypedDict):
    """What one pruning step did."""

    method: str
    kind: NotRequired[str]
    requested: NotRequired[float | list[int] | None]  # None for a step without an amount
    removed: NotRequired[float]
    of_left: NotRequired[float]
    detail: NotRequired[str]
    note: NotRequired[str]


class ModelRow(CostNumbers):
    """A row of `models`."""

    id: str
    variant: str
    amount: Number
    seed: int
    training: NotRequired[int | None]  # index into `training`
    rung: str
    steps: list[StepRow]
    latency: list[LatencyRow]
    eval: ScoresRow
    test: ScoresRow | None


class EpochScores(TypedDict):
    """Loss and accuracy of one split, measured in training."""

    loss: Number
    top1: Number


def epoch_items(split: str, scores: EpochScores | None) -> list[tuple[str, Number]]:
    """Return the scores of a split by the names of their curves, such as `val_loss`."""
    if scores is None:
        return [(f"{split}_loss", None), (f"{split}_top1", None)]
    return [(f"{split}_loss", scores["loss"]), (f"{split}_top1", scores["top1"])]


class TrainingScores(TypedDict):
    """The `metrics` of a training: those of the kept epoch."""

    train: NotRequired[EpochScores | None]
    val: EpochScores | None


class TrainingRow(TypedDict):
    """A row of `training`."""

    seed: int
    learning_rate: float
    state: str
    epochs: int
    kept_epoch: NotRequired[int]
    wall_s: float
    img_per_s: float
    metrics: TrainingScores


class SearchRow(TypedDict):
    """How a sweep searched its amount."""

    amounts: int  # that were scored
    stopped: int  # of these, early
    images_scored: int  # of all amounts
    images: int  # if every amount had been scored in full
    lowest: float  # amount
    highest: float
    refine: Number  # tolerance of the bisection; None without one
    bracketed: bool  # whether bisection found two neighbours, one within the limit and one not


class SelectedRow(TypedDict):
    """A row of `selected`. `selection.rule` renders it; the numbers are of selected amounts."""

    what: str  # learning_rate | epoch | amount
    variant: str
    seed: int
    row: str | float
    rule: str  # the rendered sentence, for scripts
    split: str
    rule_name: NotRequired[str]  # see selection.py; "" in runs of earlier versions
    met: NotRequired[bool | None]  # whether the drop is within `max_drop`
    strict: NotRequired[bool | None]  # whether a larger drop had to be ruled out
    error: NotRequired[Number]  # error level of a fixed sequence of tests
    groups: NotRequired[int | None]  # that were compared; None if images count as independent
    groups_needed: NotRequired[int | None]
    max_drop: NotRequired[Number]
    difference: NotRequired[Number]  # of top-1 to the dense model, with its interval
    low: NotRequired[Number]
    high: NotRequired[Number]
    images: NotRequired[int | None]  # that were compared
    images_needed: NotRequired[int | None]  # to rule out a larger drop, if any number would
    search: NotRequired[SearchRow | None]


class Spread(TypedDict):
    """Mean and sample standard deviation over seeds."""

    mean: float
    spread: float


class SeedScores(TypedDict):
    """Scores of one split over seeds."""

    top1: Spread | None
    loss: Spread | None
    difference: Spread | None


class SeedsRow(TypedDict):
    """A row of `over_seeds`."""

    model: str
    seeds: list[int]
    eval: SeedScores | None
    test: SeedScores | None
