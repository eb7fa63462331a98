"""The columns of the list of runs: their text and sort order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vitac_tui.runs.listing import RunSummary
from vitac_tui.runs.numbers import percent
from vitac_tui.runs.status import span


@dataclass(frozen=True)
class Column:
    """A column of the list. Narrow terminals drop columns from the right."""

    key: str
    title: str
    width: int
    text: Callable[[RunSummary], str]
    order: Callable[[RunSummary], Any]
    right: bool = True


def _progress(row: RunSummary) -> str:
    return f"{100 * row.fraction:.0f} %" if row.state != "finished" and row.fraction else ""


def _weights(row: RunSummary) -> str:
    return "-" if row.valid_weights is None else f"{row.valid_weights:,}"


def _age(row: RunSummary) -> str:
    """Return the age, in whole minutes from one minute on.

    Each changed cell costs kilobytes over a remote connection, so it must not tick every second.
    """
    return span(row.age_s if row.age_s < 60 else 60 * (row.age_s // 60))


def _left(row: RunSummary) -> str:
    return span(row.eta_s) if row.live and row.eta_s is not None else ""


COLUMNS = (
    Column("state", "state", 11, lambda r: r.state, lambda r: r.state, right=False),
    Column("progress", "done", 5, _progress, lambda r: r.fraction),
    Column("top1", "top-1 %", 7, lambda r: percent(r.top1), lambda r: r.top1 or 0.0),
    Column("model", "model", 16, lambda r: cut_middle(r.model, 16), lambda r: r.model, right=False),
    Column("age", "age", 11, _age, lambda r: r.started),
    Column("left", "left", 11, _left, lambda r: r.eta_s or 0.0),
    Column("weights", "valid weights", 13, _weights, lambda r: r.valid_weights or 0),
    Column("arch", "network", 10, lambda r: r.arch, lambda r: r.arch, right=False),
    Column("dataset", "dataset", 16, lambda r: r.dataset, lambda r: r.dataset, right=False),
)


def cut_middle(text: str, width: int) -> str:
    """Shorten a name in its middle. The end stays, since similar names differ there."""
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return f"{text[:head]}…{text[head + 1 - width :]}"


def fitting(width: int) -> tuple[Column, ...]:
    """Return the leading columns that fit into `width` cells."""
    columns: list[Column] = []
    for column in COLUMNS:
        width -= column.width + 2
        if width < 0:
            break
        columns.append(column)
    return tuple(columns)
