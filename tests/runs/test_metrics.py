"""The declarations of metrics: what tables, CSV, TensorBoard and the docs are made from."""

from collections.abc import Iterator
from types import UnionType
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from vitac_tui.runs.metrics import METRICS, Metric
from vitac_tui.runs.rows import ModelRow


def declared(kind: Any, key: str) -> Iterator[Any]:
    """The types that a dotted key of a row may have, by the declarations of `rows.py`."""
    if get_origin(kind) is NotRequired:
        kind = get_args(kind)[0]
    if isinstance(kind, UnionType):
        for choice in get_args(kind):
            yield from declared(choice, key)
    elif not key:
        yield kind
    elif get_origin(kind) is list:
        yield from declared(get_args(kind)[0], key.partition(".")[2])
    elif is_typeddict(kind):
        name, _, rest = key.partition(".")
        yield from declared(get_type_hints(kind, include_extras=True)[name], rest)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_key_is_a_number_of_a_model_row(metric: Metric) -> None:
    for _, key in metric.columns():
        assert {int, float} & set(declared(ModelRow, key)), key


def test_names_and_headings_are_unique() -> None:
    columns = [name for metric in METRICS for name, _ in metric.columns()]
    headings = [metric.heading for metric in METRICS if metric.heading]
    assert len(set(columns)) == len(columns)
    assert len(set(headings)) == len(headings)


def test_the_columns_that_scripts_know_are_there() -> None:
    assert {name for metric in METRICS for name, _ in metric.columns()} >= {
        "top1", "top1_low", "top1_high", "top5", "loss", "against_dense_difference",
        "against_dense_low", "against_dense_high", "against_dense_p", "test_top1", "parameters",
        "valid_weights", "nonzero", "macs", "bytes", "latency_1_ms", "latency_n_ms",
    }  # fmt: skip
    scalars = {metric.name for metric in METRICS if metric.tensorboard}
    assert scalars >= {"top1", "loss", "valid_weights", "macs"}


def test_a_cell_shows_the_interval_and_marks_a_part_of_the_images() -> None:
    top1 = METRICS[0]
    row: dict[str, Any] = {"eval": {"top1": 0.95, "top1_low": 0.9, "top1_high": None}}
    assert top1.text(row) == "95.0 [90.0, -]"
    row["eval"]["stopped"] = {"of": 72, "why": "it is certain"}
    assert top1.text(row) == "95.0 [90.0, -] ~"
    assert top1.text({"eval": {}}) == "-"
    assert top1.text({}) == "-"
