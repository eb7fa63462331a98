"""The metrics of a model: each declared once, for tables, screens, CSV, TensorBoard and the docs.

To add one, add its key to `ScoreNumbers` or `CostNumbers` and its entry to `METRICS`, and compute
it where the row is made (`evaluation/metrics.py` for scores, `evaluation/cost.py` for costs).
"""
# No `from __future__ import annotations`: it would hide `NotRequired` from the checks at run time.

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from vitac_tui.runs.numbers import count, giga, mega, number, percent, points, tenths

Number = float | None  # None where it was not finite
FEW_GROUPS = 8  # with fewer groups, intervals are shown in whole percentage points
PART = "~"  # marks numbers of a part of the images


class ScoreNumbers(TypedDict):
    """Metrics of an `eval` or `test` part, measured on the images of a split."""

    top1: float
    top5: Number
    loss: Number
    ece: NotRequired[Number]


class CostNumbers(TypedDict):
    """Metrics of a model row that do not depend on any images."""

    parameters: int
    valid_weights: int
    nonzero: int
    macs: float
    bytes: int


@dataclass(frozen=True)
class Metric:
    """One metric of a model.

    Attributes:
        key: where the value stands in a row of `models`: keys and list indices, joined by dots.
        title: for axes and the docs.
        heading: of its table column, with the unit; "" where it is not a column.
        unit: of the value in the row.
        better: which direction is an improvement; "" where neither is.
        help: one sentence for the docs.
        format: makes the text of a value in a table.
        low: key of the lower end of its 95 % interval; "" without an interval.
        high: key of the upper end.
        marked: whether its cell shows that only a part of the images was scored.
        tensorboard: whether it is a TensorBoard scalar.
        axis: whether accuracy can be plotted against it.
        called: overrides `name`.
    """

    key: str
    title: str
    heading: str
    unit: str
    better: Literal["higher", "lower", ""]
    help: str
    format: Callable[[float], str]
    low: str = ""
    high: str = ""
    marked: bool = False
    tensorboard: bool = False
    axis: bool = False
    called: str = ""

    @property
    def name(self) -> str:
        """CSV column and TensorBoard tag."""
        return self.called or column_name(self.key)

    def columns(self) -> list[tuple[str, str]]:
        """Return the CSV columns and their keys: the value and the ends of its interval."""
        ends = [(column_name(key), key) for key in (self.low, self.high) if key]
        return [(self.name, self.key), *ends]

    def value(self, row: Mapping[str, object]) -> float | None:
        """Return the value of a row of `models`; None where the row has none."""
        return at(row, self.key)

    def text(self, row: Mapping[str, object]) -> str:
        """Return the table cell of a row, with the interval where there is one; "-" for none."""
        value = self.value(row)
        if value is None:
            return "-"
        text = self.format(value)
        if self.low:
            ends = [at(row, key) for key in (self.low, self.high)]
            shown = ["-" if end is None else self.format(end) for end in ends]
            text += (
                f" [{', '.join(map(whole, shown) if has_few_groups(row.get('eval')) else shown)}]"
            )
        scores = row.get("eval")
        part = self.marked and isinstance(scores, Mapping) and scores.get("stopped")
        return f"{text} {PART}" if part else text


def has_few_groups(scores: object) -> bool:
    """Return whether intervals rest on so few groups that decimals would pretend precision."""
    groups = scores.get("groups") if isinstance(scores, Mapping) else None
    return isinstance(groups, int) and groups < FEW_GROUPS


def whole(number: str) -> str:
    """Return a formatted number without decimals, with its sign."""
    try:
        return f"{float(number):{'+' if number[0] in '+-' else ''}.0f}"
    except ValueError:
        return number


def at(row: object, key: str) -> float | None:
    """Return the number at a dotted key of a row; None where there is none."""
    for name in key.split("."):
        if isinstance(row, Mapping):
            row = row.get(name)
        elif isinstance(row, list) and int(name) < len(row):
            row = row[int(name)]
        else:
            return None
    return row if isinstance(row, int | float) else None


def column_name(key: str) -> str:
    """Return the CSV column of a key: `eval.against_dense.p` is `against_dense_p`."""
    return key.removeprefix("eval.").replace(".", "_")


#: In the order of the table's columns; a narrow terminal drops those at the end.
METRICS = (
    Metric(
        key="eval.top1",
        title="top-1 accuracy",
        heading="top-1 % [95 %]",
        unit="share",
        better="higher",
        help="Share of images whose most probable class is the right one.",
        format=percent,
        low="eval.top1_low",
        high="eval.top1_high",
        marked=True,
        tensorboard=True,
    ),
    Metric(
        key="valid_weights",
        title="valid weights",
        heading="valid weights",
        unit="weights",
        better="lower",
        help="Non-zero entries of all parameters named `weight`, batch-norm included.",
        format=count,
        tensorboard=True,
        axis=True,
    ),
    Metric(
        key="test.top1",
        title="top-1 accuracy on test",
        heading="test %",
        unit="share",
        better="higher",
        help="Top-1 on the test split, for the models that `evaluate.test` names.",
        format=percent,
    ),
    Metric(
        key="eval.against_dense.difference",
        title="change of top-1 against dense",
        heading="against dense",
        unit="share",
        better="higher",
        help="Top-1 minus that of the dense model on the same images, in percentage points.",
        format=points,
        low="eval.against_dense.low",
        high="eval.against_dense.high",
    ),
    Metric(
        key="eval.against_dense.p",
        title="p of the difference",
        heading="",
        unit="",
        better="",
        help='Two-sided p of "both models are equally good"; keeps groups together.',
        format=number,
    ),
    Metric(
        key="macs",
        title="MACs",
        heading="GMACs",
        unit="MACs",
        better="lower",
        help="Multiply-accumulate operations for one image. Masks do not reduce them.",
        format=giga,
        tensorboard=True,
        axis=True,
    ),
    Metric(
        key="latency.0.median_ms",
        title="latency at batch 1",
        heading="ms at 1",
        unit="ms",
        better="lower",
        help="Median time of a forward pass of one image, on the device of the run.",
        format=tenths,
        axis=True,
        called="latency_1_ms",
    ),
    Metric(
        key="eval.loss",
        title="loss",
        heading="loss",
        unit="nats",
        better="lower",
        help="Mean cross-entropy.",
        format=number,
        tensorboard=True,
    ),
    Metric(
        key="eval.ece",
        title="calibration error",
        heading="ECE %",
        unit="share",
        better="lower",
        help="Expected calibration error: mean gap between confidence and accuracy, in 15 bins.",
        format=percent,
        tensorboard=True,
    ),
    Metric(
        key="eval.vote.top1",
        title="top-1 by majority vote",
        heading="vote %",
        unit="share",
        better="higher",
        help="Share of groups whose images vote for the right class.",
        format=percent,
        low="eval.vote.low",
        high="eval.vote.high",
    ),
    Metric(
        key="parameters",
        title="parameters",
        heading="parameters",
        unit="weights",
        better="lower",
        help="Entries of all parameters, zeros included.",
        format=count,
    ),
    Metric(
        key="nonzero",
        title="non-zero parameters",
        heading="",
        unit="weights",
        better="lower",
        help="Non-zero entries of all parameters, biases included.",
        format=count,
    ),
    Metric(
        key="bytes",
        title="size on disk",
        heading="MB",
        unit="bytes",
        better="lower",
        help="Size of the uncompressed weights file.",
        format=mega,
        axis=True,
    ),
    Metric(
        key="latency.1.median_ms",
        title="latency at batch N",
        heading="ms at N",
        unit="ms",
        better="lower",
        help="Median time of a forward pass of `evaluate.latency_batch` images.",
        format=tenths,
        called="latency_n_ms",
    ),
    Metric(
        key="eval.top5",
        title="top-5 accuracy",
        heading="top-5 %",
        unit="share",
        better="higher",
        help="Share of images whose right class is among the five most probable ones.",
        format=percent,
    ),
)
