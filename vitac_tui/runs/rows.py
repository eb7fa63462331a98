"""What readers rely on in the free-form parts of events and of `results.json`.

Rows hold more than this. What is named here is what tables, lines and a resume look up; an event
whose row lacks it is no event that this version knows.
"""

from __future__ import annotations

from typing import TypedDict

Figure = float | None  # None where it was not finite
CONTROL = "control: "  # how the marks of a control begin
FEW_GROUPS = 8  # under so many, a bootstrap over groups has too little to draw from


class Marked(TypedDict, total=False):
    """What runs of earlier versions did not say."""

    class_names: list[str]
    marks: list[str]
    probes: dict[str, dict[str, float]]


class Dataset(Marked):
    """The `dataset` of `results.json`."""

    layout: str
    modality: str
    classes: int
    images: dict[str, int]
    verdict: str
    warnings: list[str]
    fingerprint: str


# By its other form, since `class` is a word of the language.
OfClass = TypedDict("OfClass", {"class": str, "images": int, "top1": Figure})


OfLost = TypedDict("OfLost", {"class": str, "images": int, "dense": Figure, "pruned": Figure})


class Vote(TypedDict):
    """Accuracy where the images of a group vote."""

    top1: Figure
    low: Figure
    high: Figure


class Against(TypedDict):
    """A pruned model against the dense one on the same images."""

    difference: Figure
    low: Figure
    high: Figure
    p: Figure
    gained: int
    lost: int
    lost_classes: list[OfLost]


class Stopped(TypedDict):
    """Scores of the first images alone, since what was asked was certain by then."""

    of: int  # images of the split
    why: str


class Judged(TypedDict, total=False):
    """What runs of earlier versions did not work out, and what most rows are without."""

    interval: str
    groups: int | None
    vote: Vote | None
    against_dense: Against | None
    stopped: Stopped


class Scores(Judged):
    """The `eval` or `test` of a model."""

    split: str
    images: int
    top1: float
    top1_low: Figure
    top1_high: Figure
    top5: Figure
    loss: Figure
    per_class: list[OfClass]
    confusion: list[list[int]]


class Latency(TypedDict):
    """One measurement of `latency`."""

    median_ms: float


class StepKind(TypedDict, total=False):
    """What runs of earlier versions did not record."""

    kind: str


class Step(StepKind):
    """One pruning step of a model."""

    method: str


class Model(TypedDict):
    """A row of `models`."""

    id: str
    variant: str
    amount: Figure
    seed: int
    rung: str
    steps: list[Step]
    parameters: int
    valid_weights: int
    nonzero: int
    macs: float
    bytes: int
    latency: list[Latency]
    eval: Scores
    test: Scores | None


class Learned(TypedDict):
    """Figures measured on one split in training."""

    loss: Figure
    top1: Figure


class Metrics(TypedDict):
    """The `metrics` of a training."""

    val: Learned | None


class Training(TypedDict):
    """A row of `training`."""

    seed: int
    learning_rate: float
    state: str
    epochs: int
    wall_s: float
    img_per_s: float
    metrics: Metrics
