"""`docs/metrics.md`, made from the declarations of metrics."""

from __future__ import annotations

from vitac_tui.runs.metrics import METRICS, Metric

HEAD = """\
# Metrics

Made from the declarations in `vitac_tui/runs/metrics.py` by `make reference`.

Every row of `models` in `results.json` has these metrics. The key is the place of the value in the
row. What stands under `eval` is measured on validation (on test, where there are no validation
images), and stands under `test` as well for models that were tested. Shares are in [0, 1]; tables
show them in per cent, and differences of shares in percentage points. A column without a heading is
in the CSV only. Scalars of TensorBoard have the name of the CSV column.

| metric | key | unit | better | table heading | CSV column | TensorBoard | what it is |
|---|---|---|---|---|---|---|---|
"""


def markdown() -> str:
    """Return the whole page."""
    return HEAD + "".join(map(_line, METRICS))


def _line(metric: Metric) -> str:
    cells = (
        metric.title,
        f"`{metric.key}`",
        metric.unit,
        metric.better,
        metric.heading,
        f"`{metric.name}`",
        "yes" if metric.tensorboard else "",
        metric.help + (" With a 95 % interval." if metric.low else ""),
    )
    return f"| {' | '.join(cells)} |\n"
