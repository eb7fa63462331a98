"""The list of runs: a row for each, read again only where its files changed."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment import toml
from vitac_tui.runs import directory, roots, status
from vitac_tui.runs.directory import RunDir


@dataclass(frozen=True)
class Row:
    """What the list says of a run; figures are None where there are none yet."""

    run: RunDir
    state: str
    reason: str = ""
    fraction: float = 0.0
    eta_s: float | None = None
    started: float = 0.0  # unix seconds
    unit: str = ""
    arch: str = ""
    dataset: str = ""
    tags: tuple[str, ...] = ()
    top1: float | None = None  # of the dense model, on the split that rows are scored on
    valid_weights: int | None = None  # of the final model of the last variant
    exit_code: int | None = None

    @property
    def live(self) -> bool:
        """Whether the run is under way, as far as can be told from here."""
        return self.state in status.LIVE


class Listing:
    """Reads the runs below a folder, and the live ones of every folder that held runs before."""

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._static: dict[Path, tuple[tuple[float, float], dict[str, Any]]] = {}

    def rows(self) -> tuple[Row, ...]:
        """A row a run, the newest first."""
        rows = [self._row(run) for run in self._runs()]
        return tuple(sorted(rows, key=lambda row: (row.started, row.run.name), reverse=True))

    def _runs(self) -> list[RunDir]:
        here = directory.all_runs(self._root or directory.DEFAULT_ROOT)
        if self._root is not None:
            return here
        known = [root for root in roots.known() if root != directory.DEFAULT_ROOT.resolve()]
        elsewhere = [run for root in known for run in directory.all_runs(root)]
        live = [run for run in elsewhere if status.shown(status.read(run.status))[0] in status.LIVE]
        return [*here, *live]

    def _row(self, run: RunDir) -> Row:
        known = status.read(run.status)
        state, reason = status.shown(known)
        about = self._about(run)
        if about.get("trouble"):
            state, reason = "unreadable", about["trouble"]
        return Row(
            run,
            state,
            reason,
            known.fraction if known else 0.0,
            known.eta_s if known else None,
            known.started if known else 0.0,
            known.unit if known else "",
            about.get("arch", ""),
            about.get("dataset", ""),
            about.get("tags", ()),
            about.get("top1"),
            about.get("valid_weights"),
            known.exit_code if known else None,
        )

    def _about(self, run: RunDir) -> dict[str, Any]:
        stamp = (_changed(run.experiment), _changed(run.results))
        if run.path in self._static and self._static[run.path][0] == stamp:
            return self._static[run.path][1]
        about = {**_experiment(run), **_figures(run)}
        self._static[run.path] = (stamp, about)
        return about


def age(row: Row) -> float:
    """Seconds since a run began."""
    return max(0.0, time.time() - row.started) if row.started else 0.0


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _experiment(run: RunDir) -> dict[str, Any]:
    try:
        data = toml.parse(toml.read(run.experiment), str(run.experiment))
        dataset = data["dataset"]
        return {
            "arch": str(data["model"]["arch"]),
            "dataset": f"{dataset['modality']} {dataset['layout']}",
            "tags": tuple(str(tag) for tag in data.get("tags", ())),
        }
    except (UserError, KeyError, TypeError):
        return {"trouble": "its experiment cannot be read"}


def _figures(run: RunDir) -> dict[str, Any]:
    try:
        models = json.loads(run.results.read_bytes())["models"]
        if not models:
            return {}
        return {
            "top1": float(models[0]["eval"]["top1"]),
            "valid_weights": int(models[-1]["valid_weights"]),
        }
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return {}
