"""Tables of results for README and docs, from the record of a run.

python docs/generate/tables.py RUN_DIRECTORY      copy what they need into docs/demo-record

The committed record is that of `vitac-tui demo`. `docs/generate/pages.py` puts the tables made from
it between the markers in README.md and docs/measurements.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from vitac_tui.runs.metrics import METRICS, Metric  # noqa: E402

RECORD = Path(__file__).resolve().parents[1] / "demo-record"
COLUMNS = (
    "eval.top1",
    "test.top1",
    "eval.against_dense.difference",
    "valid_weights",
    "macs",
)
CHOSEN = r" \*"
LARGE = ("per_class", "confusion", "lost_classes")  # parts of scores that no table shows


def model_table(run: Path) -> str:
    """Return the models of a run directory as a Markdown table."""
    results = json.loads((run / "results.json").read_text())
    chosen = {one["row"] for one in results["selected"]}
    head = f"| model | {' | '.join(metric.heading for metric in _metrics())} |"
    rows = [_model_row(row, row["id"] in chosen) for row in results["models"]]
    return "\n".join([head, "|---" * (len(COLUMNS) + 1) + "|", *rows]) + "\n"


def caption(run: Path) -> str:
    """Return what a reader must know about the table: images, machine, time."""
    results = json.loads((run / "results.json").read_text())
    environment = json.loads((run / "environment.json").read_text())
    images = results["dataset"]["images"]
    return (
        f"Top-1 on {images['val']} validation and {images['test']} test images, in percent; "
        f"\\* chosen on validation; `against dense` in percentage points on validation. "
        f"Computed on {environment['device_name']}, {environment['cpu']}, in "
        f"{environment['precision']}; torch {environment['versions']['torch']}.\n"
    )


def _model_row(row: Mapping[str, Any], chosen: bool) -> str:
    cells = [row["id"] + (CHOSEN if chosen else ""), *(metric.text(row) for metric in _metrics())]
    return f"| {' | '.join(cells)} |"


def _metrics() -> list[Metric]:
    by_key = {metric.key: metric for metric in METRICS}
    return [by_key[key] for key in COLUMNS]


def save_record(run: Path, record: Path = RECORD) -> None:
    """Copy what the tables need from a run directory, without names of hosts and paths."""
    results = json.loads((run / "results.json").read_text())
    for row in results["models"]:
        for part in (row["eval"], row["test"] or {}):
            for key in LARGE:
                part.pop(key, None)
            if part.get("against_dense"):
                part["against_dense"].pop("lost_classes", None)
    environment = json.loads((run / "environment.json").read_text())
    record.mkdir(exist_ok=True)
    kept = {key: environment[key] for key in ("versions", "device_name", "precision", "cpu")}
    (record / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (record / "environment.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    save_record(Path(sys.argv[1]))
