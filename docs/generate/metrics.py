"""The page of metrics, from their declarations."""

from __future__ import annotations

from vitac_tui.runs.metrics import METRICS, Metric

HEAD = """\
# Metrics

Generated from the declarations in `vitac_tui/runs/metrics.py` by `make reference`. Every model of a
run has these numbers: in `results.json`, in the tables of the console and the app, in CSV files,
and, where marked, as TensorBoard scalars. A dash in the table column means that the metric is in
the files only. The other fields of an evaluation: [Run directory](run-directory.md#eval-and-test).

| metric | key in a row of `models` | table column | unit | better | what it is |
|---|---|---|---|---|---|
"""


def markdown() -> str:
    """Return the whole page."""
    return HEAD + "".join(map(_row, METRICS))


def _row(metric: Metric) -> str:
    keys = ", ".join(f"`{key}`" for key in (metric.key, metric.low, metric.high) if key)
    board = " A TensorBoard scalar." if metric.tensorboard else ""
    cells = (
        metric.title,
        keys,
        metric.heading or "-",
        metric.unit or "-",
        metric.better or "-",
        f"{metric.help}{board}",
    )
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"
