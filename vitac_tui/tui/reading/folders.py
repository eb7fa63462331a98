"""Folders to choose a dataset from: completion of a typed path, and datasets of earlier runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment import toml
from vitac_tui.runs import directory

MOST_RUNS = 100  # newest runs to search for recent datasets
MOST_RECENT = 5


def completion(text: str) -> str | None:
    """Complete a path to the first folder, by name, that starts with its last part.

    Hidden folders are offered only if that part starts with a dot.
    """
    parent, part = os.path.split(text)
    try:
        with os.scandir(Path(parent or ".").expanduser()) as entries:
            names = [
                entry.name
                for entry in entries
                if entry.name.startswith(part)
                and entry.name.startswith(".") == part.startswith(".")
                and entry.name.isprintable()
                and entry.is_dir()
            ]
    except (OSError, ValueError, RuntimeError):  # no such folder, a NUL, no such user
        return None
    return f"{text}{min(names)[len(part) :]}/" if names else None


def recent(runs: Path) -> tuple[dict[str, Any], ...]:
    """Return the `[dataset]` tables of the newest runs in a folder, one per dataset.

    `split.from` is removed. The sample set is left out, since the screen always offers it.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    by_age = sorted(directory.all_runs(runs), key=lambda run: run.name, reverse=True)
    for run in by_age[:MOST_RUNS]:
        try:
            table = toml.parse(toml.read(run.experiment), str(run.experiment))["dataset"]
            key = (str(table["root"]), str(table["modality"]))
            if table["layout"] != "sample" and key not in found:
                split = {k: v for k, v in dict(table.get("split", {})).items() if k != "from"}
                found[key] = {**table, "split": split}
        except (UserError, KeyError, TypeError, ValueError):
            continue
        if len(found) == MOST_RECENT:
            break
    return tuple(found.values())


def expanded(text: str) -> Path:
    """Return a typed path as an absolute one, with `~` expanded for users that exist."""
    path = Path(text.strip())
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        return path.absolute()
