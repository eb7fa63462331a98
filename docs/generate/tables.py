"""Tables of results for README and docs, from the record of a run.

python docs/generate/tables.py RUN_DIRECTORY      copy what they need into docs/demo-record

The committed record is that of `vitac-tui demo`. `docs/generate/pages.py` puts the tables made from
it between the markers in README.md and docs/measurements.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

RECORD = Path(__file__).resolve().parents[1] / "demo-record"
CHOSEN = r" \*"
LARGE = ("per_class", "confusion", "lost_classes")  # parts of scores that no table shows


def model_table(run: Path) -> str:
    """Return the models of a run directory as a Markdown table."""
    results = json.loads((run / "results.json").read_text())
    chosen = {one["row"] for one in results["selected"]}
    head = "| model | top-1 % [95 %] | test % | against dense | valid weights | GMACs | ms at 1 |"
    rows = [_model_row(row, row["id"] in chosen) for row in results["models"]]
    return "\n".join([head, "|---|---|---|---|---|---|---|", *rows]) + "\n"


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
    scores, test = row["eval"], row["test"]
    against = scores["against_dense"]
    latency = row["latency"]
    cells = (
        row["id"] + (CHOSEN if chosen else ""),
        _with_interval(_percent, scores["top1"], scores["top1_low"], scores["top1_high"]),
        _percent(test["top1"]) if test else "-",
        _with_interval(_points, against["difference"], against["low"], against["high"])
        if against
        else "-",
        f"{row['valid_weights']:,}",
        f"{row['macs'] / 1e9:.3f}",
        f"{latency[0]['median_ms']:.1f}" if latency else "-",
    )
    return f"| {' | '.join(cells)} |"


def _with_interval(text: Callable[[float], str], value: float, low: float, high: float) -> str:
    return f"{text(value)} [{text(low)}, {text(high)}]"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}"


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
