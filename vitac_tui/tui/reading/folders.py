"""Folders to choose a dataset from: completing a typed path, and what earlier runs used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment import toml
from vitac_tui.runs import directory

MOST_RUNS = 100  # read for recent datasets, the newest first
MOST_RECENT = 5


def completion(text: str) -> str | None:
    """The text completed to the first folder, by name, that begins with its last part.

    Hidden folders are offered only when the part begins with a dot.
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
    """`[dataset]` tables of the newest runs below a folder, one a dataset, without their split
    `from` another run; the sample set's are left out, since it is always offered."""
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
    """A typed path, absolute; what begins with an unknown user is a name like any other."""
    path = Path(text.strip())
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        return path.absolute()
