"""Runs and results as tables that fit the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TextIO, TypeVar

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vitac_tui.errors import counted, one_line
from vitac_tui.runs import results
from vitac_tui.runs.caveats import dense_caveats, model_caveats
from vitac_tui.runs.directory import directory_size
from vitac_tui.runs.lines import (
    against_dense,
    interval,
    lost_classes,
    masked,
    number,
    percent,
    points,
    stopped,
    stops,
    vote,
)
from vitac_tui.runs.listing import Row
from vitac_tui.runs.rows import FEW_GROUPS
from vitac_tui.runs.status import span

PIPE_WIDTH = 160  # without a terminal there is no width to fit
BETWEEN = 3  # columns of the terminal between two of a table


Shown = TypeVar("Shown")


@dataclass(frozen=True)
class Column(Generic[Shown]):
    """A column; where the width does not suffice, those further right go first."""

    title: str
    text: Callable[[Shown], str]
    right: bool = True


MODEL_COLUMNS: tuple[Column[dict[str, Any]], ...] = (
    Column("model", lambda row: row["id"], right=False),
    Column("top-1 % [95 %]", lambda row: interval(row["eval"])),
    Column("valid weights", lambda row: f"{row['valid_weights']:,}"),
    Column("test %", lambda row: percent(row["test"]["top1"]) if row["test"] else "-"),
    Column("against dense", lambda row: against_dense(row["eval"])),
    Column("GMACs", lambda row: f"{row['macs'] / 1e9:.3f}"),
    Column("ms at 1", lambda row: _latency(row, 0)),
    Column("loss", lambda row: number(row["eval"]["loss"])),
    Column("vote %", lambda row: vote(row["eval"])),
    Column("parameters", lambda row: f"{row['parameters']:,}"),
    Column("MB", lambda row: f"{row['bytes'] / 1e6:.1f}"),
    Column("ms at N", lambda row: _latency(row, 1)),
    Column("top-5 %", lambda row: percent(row["eval"]["top5"])),
)
SEED_COLUMNS: tuple[Column[dict[str, Any]], ...] = (
    Column("over seeds", lambda row: row["model"], right=False),
    Column("seeds", lambda row: str(len(row["seeds"]))),
    Column("top-1 %", lambda row: _mean(row["eval"], "top1")),
    Column("against dense", lambda row: _mean(row["eval"], "difference")),
    Column("test %", lambda row: _mean(row["test"], "top1")),
    Column("test against dense", lambda row: _mean(row["test"], "difference")),
)
RUN_COLUMNS: tuple[Column[Row], ...] = (
    Column("run", lambda row: row.run.name, right=False),
    Column("state", lambda row: row.state, right=False),
    Column("top-1 %", lambda row: percent(row.top1)),
    Column("progress", lambda row: _progress(row)),
    Column("network", lambda row: row.arch, right=False),
    Column("dataset", lambda row: row.dataset, right=False),
    Column("age", lambda row: span(row.age_s)),
    Column("MB", lambda row: f"{directory_size(row.run.path) / 1e6:.0f}"),
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
    marked = model_caveats(table)  # said of each table, which may be copied without the rest
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
            f"learning rate {row['learning_rate']:g}: {row['state']}, "
            f"{counted(row['epochs'], 'epoch')}, {span(row['wall_s'])}{shown}"
        )
    if table.models:
        chosen = {str(choice["row"]) for choice in table.selected if choice["what"] == "amount"}
        split = table.models[0]["eval"]["split"]
        starred = [
            {**row, "id": f"{row['id']} *"} if row["id"] in chosen else row for row in table.models
        ]
        out.print(_table(MODEL_COLUMNS, starred, out.width))
        for mark in marked:
            say(mark, "bold yellow")
        star = "* chosen there; " if any(row["id"] in chosen for row in table.models) else ""
        say(f"top-1, loss and vote on {split}; {star}{_intervals(table.models)}")
        if footnote := stops(table.models):
            say(footnote)
    if table.over_seeds:
        out.print(_table(SEED_COLUMNS, table.over_seeds, out.width))
        for mark in marked:
            say(mark, "bold yellow")
        say("mean ± standard deviation over seeds")
    for choice in table.selected:
        say(
            f"{choice['variant']}: {choice['what'].replace('_', ' ')} {choice['row']}: "
            f"{choice['rule']} (on {choice['split']})"
        )
    for row in _final(table):
        say(_verdict(row))
    for text in dense_caveats(table):
        say(text, "yellow")
    if any(map(masked, table.models)):
        say("masks set weights to zero: they change neither MACs, latency nor file size")


def print_runs(rows: Sequence[Row]) -> None:
    """Print a list of runs."""
    out = console()
    out.print(_table(RUN_COLUMNS, rows, out.width))
    for row in rows:
        for text in (*([row.reason] if row.reason else []), *row.marks):
            out.print(Text(one_line(f"{row.run.name}: {text}")))


def _table(columns: Sequence[Column[Shown]], rows: Sequence[Shown], width: int) -> Table:
    cells = [[one_line(column.text(row)) for row in rows] for column in columns]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    used = 0
    for column, texts in zip(columns, cells, strict=True):
        used += max(len(column.title), *map(len, texts)) + BETWEEN
        if used > width and table.columns:
            break
        table.add_column(column.title, justify="right" if column.right else "left", no_wrap=True)
    for line in zip(*cells, strict=True):
        table.add_row(*(Text(text) for text in line[: len(table.columns)]))
    return table


def _intervals(models: Sequence[dict[str, Any]]) -> str:
    """How the intervals of a table were made, and how far to trust them."""
    scores = [
        row[split]
        for row in models
        for split in ("eval", "test")
        if row[split] and not stopped(row[split])
    ]
    groups = {each["split"]: each["groups"] for each in scores if each.get("groups")}
    if not groups:
        return "intervals: Wilson by image, 95 %"
    counts = ", ".join(f"{count} in {split}" for split, count in groups.items())
    rough = (
        f"; under {FEW_GROUPS} they are only a rough guide"
        if min(groups.values()) < FEW_GROUPS
        else ""
    )
    return f"intervals: bootstrap over groups ({counts}), 95 %{rough}"


def _final(table: results.Results) -> list[dict[str, Any]]:
    """The pruned model that each variant ends with, in each seed; without a choice, none yet."""
    chosen = {str(choice["row"]) for choice in table.selected if choice["what"] == "amount"}
    ends: dict[tuple[int, str], dict[str, Any]] = {}
    for row in table.models:
        if row["steps"] and (row["id"] in chosen or row.get("amount") is None):
            ends[row["seed"], row["variant"]] = row
    return list(ends.values())


def _verdict(row: dict[str, Any]) -> str:
    """A pruned model against the dense one, on test where it was tested."""
    scores = row["test"] or row["eval"]
    found = scores.get("against_dense")
    text = f"{row['id']} on {scores['split']}: {interval(scores)} %"
    if found:
        text += (
            f", {against_dense(scores)} points against dense (McNemar p {number(found['p'])}: "
            f"{found['gained']} gained, {found['lost']} lost)"
        )
    if scores.get("vote"):
        text += f", by vote of groups {vote(scores)} %"
    return text + lost_classes(scores)


def _mean(figures: dict[str, Any] | None, key: str) -> str:
    found = figures and figures[key]
    if not found:
        return "-"
    shown = points if key == "difference" else percent
    return f"{shown(found['mean'])} ± {percent(found['spread'])}"


def _latency(row: dict[str, Any], which: int) -> str:
    measured = row["latency"]
    return f"{measured[which]['median_ms']:.1f}" if len(measured) > which else "-"


def _progress(row: Row) -> str:
    if not row.live:
        return ""
    left = f", {span(row.eta_s)} left" if row.eta_s is not None else ""
    return f"{100 * row.fraction:.0f} %{left}"
