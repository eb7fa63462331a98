"""`runs`, `show` and `follow`: print runs, read from their directories alone."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from vitac_tui.console import tables
from vitac_tui.errors import one_line
from vitac_tui.runs import directory, events, lines, log, results, status
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.jsontext import document
from vitac_tui.runs.listing import Listing, RunSummary, is_live
from vitac_tui.runs.overcommit import overcommitment

POLL_S = 0.3


def list_runs(args: argparse.Namespace) -> int:
    """Print a row for each run below `--runs`, oldest first."""
    if args.clean:
        from vitac_tui.commands import clean  # which reads caches, and so needs numpy

        return clean.run(args)
    rows = Listing(args.runs).rows()
    if args.json:
        sys.stdout.write(document([_as_json(row) for row in rows]).decode())
    elif rows:
        tables.print_runs(rows)
        if shared := overcommitment(row.run for row in rows if row.live):
            print(shared, file=sys.stderr)
    else:
        text = f"no runs in {_root(args)}; start one with `vitac-tui demo`"
        print(one_line(text), file=sys.stderr)
    return 0


def _root(args: argparse.Namespace) -> Path:
    return args.runs or directory.DEFAULT_ROOT


def _as_json(row: RunSummary) -> dict[str, Any]:
    return {
        "run": row.run.name,
        "state": row.state,
        "reason": row.reason,
        "fraction": row.fraction,
        "eta_s": row.eta_s,
        "age_s": row.age_s,
        "bytes": directory.directory_size(row.run.path),
        "arch": row.arch,
        "dataset": row.dataset,
        "tags": row.tags,
        "model": row.model,
        "top1": row.top1,
        "valid_weights": row.valid_weights,
        "marks": list(row.marks),
    }


def show(args: argparse.Namespace) -> int:
    """Print the results of a run; of a live run, those that it has so far."""
    run = named(args)
    table = results.project(run.name, log.read(run.events))
    if args.json:
        sys.stdout.write(table.document().decode())
        return 0
    state, reason = status.shown(status.read(run.status))
    tables.print_results(table, state=state, reason=reason)
    return 0


def follow(args: argparse.Namespace) -> int:
    """Print the events of a run, as text or JSON, until its process ends."""
    run = named(args)
    reader = log.LogReader(run.events)
    while True:
        alive = is_live(run)
        for record in reader.new():
            text = events.to_line(record) if args.json else lines.line(record)
            if text:
                print(text, flush=True)
        if not alive:
            return 0
        time.sleep(POLL_S)


def named(args: argparse.Namespace) -> RunDir:
    """Return the run that a command names, or the newest run."""
    run = directory.locate(args.runs, args.run_name)
    run.require_readable()
    return run
