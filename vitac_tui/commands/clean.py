"""`runs --clean`: what can go without losing a result, with sizes, and only after a yes."""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from vitac_tui.errors import one_line
from vitac_tui.runs import directory, status
from vitac_tui.runs.atomic import TEMPORARY
from vitac_tui.runs.directory import RunDir


@dataclass(frozen=True)
class Waste:
    """Something on disk that can go, and what going would mean."""

    path: Path
    bytes: int
    meaning: str


def run(args: argparse.Namespace) -> int:
    """List what can go below `--runs` and remove it if the user says so."""
    root = args.runs or directory.DEFAULT_ROOT
    found = waste(root)
    if not found:
        print(one_line(f"nothing to clean in {root}"))
        return 0
    for item in found:
        print(one_line(f"{item.bytes / 1e6:9.1f} MB  {item.path}  ({item.meaning})"))
    total = sum(item.bytes for item in found) / 1e6
    if not sys.stdin.isatty():
        print(f"{total:.1f} MB could go; call this in a terminal to be asked")
        return 0
    try:
        answer = input(f"remove these {total:.1f} MB? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        print("nothing removed")
        return 0
    for item in found:
        shutil.rmtree(item.path) if item.path.is_dir() else item.path.unlink(missing_ok=True)
    print(f"{total:.1f} MB removed")
    return 0


def waste(root: Path) -> list[Waste]:
    """What can go: resume states of runs that are not live, and leftovers of killed processes."""
    found = [
        Waste(path, _bytes(path), "a run that never began")
        for path in sorted(root.glob(".new-*"))
        if path.is_dir()
    ]
    for run in directory.all_runs(root):
        state = status.shown(status.read(run.status))[0]
        if state not in (*status.LIVE, status.UNREADABLE):  # that may be a live one as well
            found += _of_run(run, state)
    return found


def _of_run(run: RunDir, state: str) -> list[Waste]:
    found = []
    if run.resume_state.exists():
        meaning = f"{state}; resume would start from the last finished unit"
        found.append(Waste(run.resume_state, _bytes(run.resume_state), meaning))
    for folder in (run.path, run.checkpoints, run.predictions, run.control):
        for path in sorted(folder.glob(f"{TEMPORARY}*")):
            found.append(Waste(path, _bytes(path), "left by a killed process"))
    return found


def _bytes(path: Path) -> int:
    return directory.directory_size(path) if path.is_dir() else path.lstat().st_size
