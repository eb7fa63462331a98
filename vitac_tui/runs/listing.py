"""The list of runs: a row for each, read again only where its files changed."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment import toml
from vitac_tui.runs import directory, log, results, roots, status
from vitac_tui.runs.directory import RunDir
from vitac_tui.system.files import FormError, read_json


@dataclass(frozen=True)
class RunSummary:
    """What the list says of a run; figures are None where there are none yet."""

    run: RunDir
    state: str
    reason: str = ""
    fraction: float = 0.0
    eta_s: float | None = None
    started: float = 0.0  # unix seconds, 0 where it is not known
    arch: str = ""
    dataset: str = ""
    tags: tuple[str, ...] = ()
    model: str = ""  # id of the run's final model, which the two numbers below are of
    top1: float | None = None  # on the split that rows are scored on
    valid_weights: int | None = None
    marks: tuple[str, ...] = ()  # why the figures are not what they seem to be

    @property
    def live(self) -> bool:
        """Whether the run is under way, as far as can be told from here."""
        return self.state in status.LIVE

    @property
    def age_s(self) -> float:
        """Seconds since it began."""
        return max(0.0, time.time() - self.started) if self.started else 0.0


class Listing:
    """Reads the runs below a folder; without one, those below ./runs and live ones elsewhere."""

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._known: dict[Path, tuple[tuple[float, ...], RunSummary]] = {}

    def rows(self) -> list[RunSummary]:
        """A row a run, the oldest first."""
        return [self._row(run) for run in self._runs()]

    def _runs(self) -> list[RunDir]:
        here = directory.all_runs(self._root or directory.DEFAULT_ROOT)
        if self._root is not None:
            return here
        known = [root for root in roots.known() if root != directory.DEFAULT_ROOT.resolve()]
        elsewhere = [run for root in known for run in directory.all_runs(root)]
        return [*(run for run in elsewhere if is_live(run)), *here]

    def _row(self, run: RunDir) -> RunSummary:
        known = status.read(run.status)
        lasting = self._lasting(run)
        state, reason = status.shown(known)
        if lasting.state == status.UNREADABLE:
            state, reason = lasting.state, lasting.reason
        return replace(
            lasting,
            state=state,
            reason=reason,
            fraction=known.fraction,
            eta_s=known.eta_s,
            started=known.started,
        )

    def _lasting(self, run: RunDir) -> RunSummary:
        """Return what the files that seldom change hold; of the rest, nothing."""
        stamp = tuple(map(_changed, (run.experiment, run.results, run.events)))
        # A log grows all the time, but its first line, by which its form is known, stays.
        stamp = (*stamp[:2], float(stamp[2] > 0))
        known = self._known.get(run.path)
        if known is None or known[0] != stamp:
            known = self._known[run.path] = stamp, _lasting(run)
        return known[1]


def is_live(run: RunDir) -> bool:
    """Whether a run is under way, as far as can be told from here."""
    return status.shown(status.read(run.status))[0] in status.LIVE


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _lasting(run: RunDir) -> RunSummary:
    try:
        log.require_readable(run.events)
        data = toml.parse(toml.read(run.experiment), str(run.experiment))
        summary = RunSummary(
            run,
            state="",
            arch=str(data["model"]["arch"]),
            dataset=f"{data['dataset']['modality']} {data['dataset']['layout']}",
            tags=tuple(str(tag) for tag in data.get("tags", ())),
        )
        return _with_results(summary)
    except UserError as problem:
        return RunSummary(run, status.UNREADABLE, f"{Path(problem.where).name}: {problem.what}")
    except (KeyError, TypeError):
        reason = f"{run.experiment.name}: not an experiment of this version"
        return RunSummary(run, status.UNREADABLE, reason)


def _with_results(summary: RunSummary) -> RunSummary:
    """Add the metrics of `results.json`, if it is there. Raises FormError for another version."""
    try:
        path = summary.run.results
        made = read_json(path, form=results.SCHEMA, largest=results.LARGEST)
        final = _final_model(made)
        return replace(
            summary,
            marks=tuple(map(str, made["dataset"].get("marks", ()))),
            model=str(final["id"]),
            top1=float(final["eval"]["top1"]),
            valid_weights=int(final["valid_weights"]),
        )
    except FormError:
        raise
    except (UserError, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError):
        return summary


def _final_model(made: dict[str, Any]) -> Any:
    """Return the row of the model that a run has chosen, else of the last that it has scored.

    A model that was scored on a part of the images comes last: its accuracy does not compare.
    """
    rows = {str(row["id"]): row for row in made["models"]}
    chosen = [str(one["row"]) for one in made.get("selected", ()) if one["what"] == "amount"]
    for id in reversed(chosen):
        if id in rows:
            return rows[id]
    whole = [row for row in rows.values() if not row["eval"].get("stopped")]
    return (whole or list(rows.values()))[-1]
