"""Runs and results as tables that fit the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TextIO, TypeVar

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
    stopped,
    stops,
    vote,
)
from vitac_tui.runs.listing import RunSummary
from vitac_tui.runs.metrics import FEW_GROUPS, METRICS
from vitac_tui.runs.numbers import number, percent, points
from vitac_tui.runs.rows import IMAGES_PER_GROUP, ModelRow, SeedScores, SeedsRow
from vitac_tui.runs.selection import rule
from vitac_tui.runs.status import span

PIPE_WIDTH = 160  # without a terminal there is no width to fit
LONGEST_NAME = 64  # characters of a run's name
BETWEEN = 3  # columns of the terminal between two of a table


Shown = TypeVar("Shown")


@dataclass(frozen=True)
class Column(Generic[Shown]):
    """A column; a narrow terminal drops the columns at the right."""

    title: str
    text: Callable[[Shown], str]
    right: bool = True


MODEL_COLUMNS: tuple[Column[ModelRow], ...] = (
    Column("model", lambda row: row["id"], right=False),
    *(Column[ModelRow](metric.heading, metric.text) for metric in METRICS if metric.heading),
)
SEED_COLUMNS: tuple[Column[SeedsRow], ...] = (
    Column("over seeds", lambda row: row["model"], right=False),
    Column("seeds", lambda row: str(len(row["seeds"]))),
    Column("top-1 %", lambda row: _mean(row["eval"], "top1")),
    Column("against dense", lambda row: _mean(row["eval"], "difference")),
    Column("test %", lambda row: _mean(row["test"], "top1")),
    Column("test against dense", lambda row: _mean(row["test"], "difference")),
)
RUN_COLUMNS: tuple[Column[RunSummary], ...] = (
    Column("run", lambda row: _short(row.run.name), right=False),
    Column("state", lambda row: row.state, right=False),
    Column("top-1 %", lambda row: percent(row.top1)),
    Column("progress", lambda row: _progress(row)),
    Column("network", lambda row: row.arch, right=False),
    Column("dataset", lambda row: row.dataset, right=False),
    Column("age", lambda row: span(row.age_s)),
    Column("MB", lambda row: f"{directory_size(row.run.path) / 1e6:.0f}"),
)


class _Console(Console):
    """Raises if the reader of its output is gone; rich would end the process."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(stream: TextIO | None = None) -> Console:
    """Return a rich console on a stream (stdout) without markup and highlighting."""
    stream = stream or sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return _Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


def print_results(
    table: results.Results, *, state: str, reason: str = "", stream: TextIO | None = None
) -> None:
    """Print the results of a run: dataset, trainings, models, selections and caveats."""
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
    for training in table.training:
        val = training["metrics"]["val"]
        shown = f", validation top-1 {percent(val['top1'])} %" if val else ""
        say(
            f"learning rate {training['learning_rate']:g}: {training['state']}, "
            f"{counted(training['epochs'], 'epoch')}, {span(training['wall_s'])}{shown}"
        )
    if table.models:
        chosen = {str(choice["row"]) for choice in table.selected if choice["what"] == "amount"}
        split = table.models[0]["eval"]["split"]
        starred = [_starred(row) if row["id"] in chosen else row for row in table.models]
        out.print(_table(MODEL_COLUMNS, starred, out.width))
        for mark in marked:
            say(mark, "bold yellow")
        star = "* selected; " if any(row["id"] in chosen for row in table.models) else ""
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
            f"{rule(choice)} (on {choice['split']})"
        )
    for row in _final(table):
        say(_verdict(row))
    for text in dense_caveats(table):
        say(text, "yellow")
    if any(map(masked, table.models)):
        say("masks set weights to zero; MACs, latency and file size stay the same")


def _starred(row: ModelRow) -> ModelRow:
    return {**row, "id": f"{row['id']} *"}


def print_runs(rows: Sequence[RunSummary]) -> None:
    """Print a list of runs."""
    out = console()
    out.print(_table(RUN_COLUMNS, rows, out.width))
    for row in rows:
        for text in (*([row.reason] if row.reason else []), *row.marks):
            out.print(Text(one_line(f"{_short(row.run.name)}: {text}")))


def _short(name: str) -> str:
    """Return a name of a run, cut if vitac-tui would not have given it."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


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


def _intervals(models: Sequence[ModelRow]) -> str:
    """Return how the intervals of a table were computed, and a warning if there are few groups."""
    scores = [
        scores
        for row in models
        for scores in (row["eval"], row["test"])
        if scores and not stopped(scores)
    ]
    groups = {each["split"]: count for each in scores if (count := each.get("groups"))}
    if any(each.get("interval") == "group bootstrap" for each in scores):
        return "intervals: bootstrap over groups, of an earlier version: too narrow with few groups"
    if not groups:
        return _without_groups(models)
    counts = ", ".join(f"{count} in {split}" for split, count in groups.items())
    rough = (
        f"; with fewer than {FEW_GROUPS}, bounds are in whole percentage points"
        if min(groups.values()) < FEW_GROUPS
        else ""
    )
    return f"intervals: 95 %, groups kept together ({counts}){rough}"


def _without_groups(models: Sequence[ModelRow]) -> str:
    """Return what the intervals assume if groups are unknown, and what grouping would change."""
    text = "intervals: 95 %, groups unknown: images count as independent"
    known = [row for row in models if row["eval"].get("grouped_low") is not None]
    if not known:
        return text
    row = known[0]
    low, high = row["eval"].get("grouped_low"), row["eval"].get("grouped_high")
    return (
        f"{text}. If they come in groups of {IMAGES_PER_GROUP}, such as the frames of a press, "
        f"{row['id']} is between {percent(low)} and {percent(high)} %: set dataset.group"
    )


def _final(table: results.Results) -> list[ModelRow]:
    """Return the final pruned model of each variant and seed whose amount is selected."""
    chosen = {str(choice["row"]) for choice in table.selected if choice["what"] == "amount"}
    ends: dict[tuple[int, str], ModelRow] = {}
    for row in table.models:
        if row["steps"] and (row["id"] in chosen or row["amount"] is None):
            ends[row["seed"], row["variant"]] = row
    return list(ends.values())


def _verdict(row: ModelRow) -> str:
    """Return the comparison of a pruned model with the dense one, on test if it was tested."""
    scores = row["test"] or row["eval"]
    found = scores.get("against_dense")
    text = f"{row['id']} on {scores['split']}: {interval(scores)} %"
    if found:
        text += (
            f", {against_dense(scores)} points against dense (p {number(found['p'])}: "
            f"{found['gained']} gained, {found['lost']} lost)"
        )
    if scores.get("vote"):
        text += f", by majority vote {vote(scores)} %"
    return text + lost_classes(scores)


def _mean(scores: SeedScores | None, key: Literal["top1", "difference"]) -> str:
    found = scores and scores[key]
    if not found:
        return "-"
    shown = points if key == "difference" else percent
    return f"{shown(found['mean'])} ± {percent(found['spread'])}"


def _progress(row: RunSummary) -> str:
    if not row.live:
        return ""
    left = f", {span(row.eta_s)} left" if row.eta_s is not None else ""
    return f"{100 * row.fraction:.0f} %{left}"
