"""Presets that a screen writes: where the user wants one, or as a draft to start a run of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment import toml
from vitac_tui.system.atomic import write_atomic
from vitac_tui.tui.terminal import guard


def target(text: str) -> Path:
    """The file that a typed path stands for; `.toml` is added. Raises UserError."""
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # ~somebody
        raise UserError("no such home", where=text, remedy="name the folder") from None
    if not path.name:
        raise UserError("names no file", where=text or "the preset", remedy="type a path")
    path = path if path.suffix == ".toml" else path.with_name(f"{path.name}.toml")
    if not os.path.isdir(path.parent):  # noqa: PTH112 (that of Path may raise)
        raise UserError("no such folder", where=str(path.parent), remedy="make it first")
    return path.resolve()


def write(path: Path, text: str) -> None:
    """Write a preset. Raises UserError."""
    try:
        write_atomic(path, text.encode())
    except OSError as problem:
        raise UserError(f"cannot be written ({problem.strerror})", where=str(path)) from None


def draft_file(data: dict[str, Any]) -> Path:
    """A preset in the app's own folder, to start a run of. Raises UserError."""
    path = guard.log_path().parent / "drafts" / f"{data['name']}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UserError(f"cannot be written ({problem.strerror})", where=str(path)) from None
    write(path, toml.text_of(data))
    return path
