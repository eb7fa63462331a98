"""Runs and results as tables that fit the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vitac_tui.errors import UserError, one_line
from vitac_tui.experiment import toml
from vitac_tui.runs import log, results, status
from vitac_tui.runs.directory import RunDir, directory_size
from vitac_tui.runs.files import FormError, read_json
from vitac_tui.runs.lines import interval, number, percent
from vitac_tui.runs.status import span

MASK_METHODS = ("global_unstructured", "layer_unstructured", "ln_structured")
PIPE_WIDTH = 160  # without a terminal there is no width to fit


@dataclass(frozen=True)
class Column:
    """A column; where the width does not suffice, those further right go first."""

    title: str
    text: Callable[[dict[str, Any]], str]
    right: bool = True


MODEL_COLUMNS = (
    Column("model", lambda row: row["id"], right=False),
    Column("top-1 % [95 %]", lambda row: interval(row["eval"])),
    Column("valid weights", lambda row: f"{row['valid_weights']:,}"),
    Column("test %", lambda row: percent(row["test"]["top1"]) if row["test"] else "-"),
    Column("GMACs", lambda row: f"{row['macs'] / 1e9:.3f}"),
    Column("ms at 1", lambda row: _latency(row, 0)),
    Column("loss", lambda row: number(row["eval"]["loss"])),
    Column("parameters", lambda row: f"{row['parameters']:,}"),
    Column("MB", lambda row: f"{row['bytes'] / 1e6:.1f}"),
    Column("ms at N", lambda row: _latency(row, 1)),
    Column("top-5 %", lambda row: percent(row["eval"]["top5"])),
)
RUN_COLUMNS = (
    Column("run", lambda row: row["run"], right=False),
    Column("state", lambda row: row["state"], right=False),
    Column("top-1 %", lambda row: percent(row["top1"])),
    Column("progress", lambda row: _progress(row)),
    Column("network", lambda row: row["arch"], right=False),
    Column("dataset", lambda row: row["dataset"], right=False),
    Column("age", lambda row: span(row["age_s"])),
    Column("MB", lambda row: f"{row['bytes'] / 1e6:.0f}"),
)


class _Console(Console):
    """Says so when the reader of its output is gone, where rich would end the process."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(stream: TextIO | None = None) -> Console:
    """A rich console on a stream (stdout): no markup, no highlighting of what is not ours."""
    stream = stream or sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return _Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


def print_results(
    table: results.Results, *, state: str, reason: str = "", stream: TextIO | None = None
) -> None:
    """Print everything about a run that fits a page."""
    out = console(stream)

    def say(text: str, style: str = "") -> None:
        out.print(Text(one_line(text), style))  # most of it comes from files

    dataset = table.dataset
    say(f"{table.run}  {state}{': ' + reason if reason else ''}", "bold")
    if dataset:
        images = ", ".join(f"{n} {split}" for split, n in dataset["images"].items())
        say(f"{dataset['modality']} {dataset['layout']}: {images}")
        say(f"data: {dataset['verdict']}")
        for warning in dataset["warnings"]:
            say(f"warning: {warning}", "yellow")
    for row in table.training:
        val = row["metrics"]["val"]
        shown = f", validation top-1 {percent(val['top1'])} %" if val else ""
        say(
            f"learning rate {row['learning_rate']:g}: {row['state']}, {row['epochs']} epochs, "
            f"{span(row['wall_s'])}{shown}"
        )
    if table.models:
        chosen = {str(choice["row"]) for choice in table.selected if choice["what"] == "amount"}
        split = table.models[0]["eval"]["split"]
        out.print(_table(MODEL_COLUMNS, table.models, out.width, marked=chosen))
        star = "* chosen there; " if any(row["id"] in chosen for row in table.models) else ""
        say(f"top-1 and loss on {split}; {star}intervals: Wilson, 95 %")
    for choice in table.selected:
        say(
            f"{choice['variant']}: {choice['what'].replace('_', ' ')} {choice['row']}: "
            f"{choice['rule']} (on {choice['split']})"
        )
    if any(step["method"] in MASK_METHODS for row in table.models for step in row["steps"]):
        say("masks set weights to zero: they change neither MACs, latency nor file size")


def summary(run: RunDir) -> dict[str, Any]:
    """What a list of runs says of one."""
    known = status.read(run.status)
    state, reason = status.shown(known)
    row: dict[str, Any] = {
        "run": run.name,
        "state": state,
        "reason": reason,
        "fraction": known.fraction,
        "eta_s": known.eta_s,
        "age_s": max(0.0, time.time() - known.started) if known.started else 0.0,
        "bytes": directory_size(run.path),
        "arch": "",
        "dataset": "",
        "top1": None,
    }
    try:
        log.require_readable(run.events)
        row["top1"] = _dense_top1(run)
        data = toml.parse(toml.read(run.experiment), str(run.experiment))
        row["arch"] = str(data["model"]["arch"])
        row["dataset"] = f"{data['dataset']['modality']} {data['dataset']['layout']}"
    except UserError as problem:
        row |= _unreadable(f"{Path(problem.where).name}: {problem.what}")
    except (KeyError, TypeError):
        row |= _unreadable(f"{run.experiment.name}: is no experiment of this version")
    return row


def _unreadable(reason: str) -> dict[str, str]:
    return {"state": status.UNREADABLE, "reason": reason}


def print_runs(rows: Sequence[dict[str, Any]]) -> None:
    """Print a list of runs."""
    out = console()
    out.print(_table(RUN_COLUMNS, rows, out.width))
    for row in rows:
        if row["reason"]:
            out.print(Text(one_line(f"{row['run']}: {row['reason']}")))


def _dense_top1(run: RunDir) -> float | None:
    """Top-1 of a run's dense model, on the split that its rows are scored on.

    Raises:
        FormError: another version wrote the results.
    """
    try:
        data = read_json(run.results, form=results.SCHEMA, largest=results.LARGEST)
        return float(data["models"][0]["eval"]["top1"])
    except FormError:
        raise
    except (UserError, ValueError, KeyError, TypeError, IndexError, OverflowError):
        return None


def _table(
    columns: Sequence[Column],
    rows: Sequence[dict[str, Any]],
    width: int,
    marked: set[str] | frozenset[str] = frozenset(),
) -> Table:
    cells = [[one_line(column.text(row)) for row in rows] for column in columns]
    if marked:
        cells[0] = [
            f"{cell} *" if row["id"] in marked else cell
            for cell, row in zip(cells[0], rows, strict=True)
        ]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    used = 0
    for column, texts in zip(columns, cells, strict=True):
        used += max(len(column.title), *map(len, texts)) + 2
        if used > width and table.columns:
            break
        table.add_column(column.title, justify="right" if column.right else "left", no_wrap=True)
    for line in zip(*cells, strict=True):
        table.add_row(*(Text(text) for text in line[: len(table.columns)]))
    return table


def _latency(row: dict[str, Any], which: int) -> str:
    measured = row["latency"]
    return f"{measured[which]['median_ms']:.1f}" if len(measured) > which else "-"


def _progress(row: dict[str, Any]) -> str:
    if row["state"] not in ("running", "paused"):
        return ""
    left = f", {span(row['eta_s'])} left" if row["eta_s"] is not None else ""
    return f"{100 * row['fraction']:.0f} %{left}"
