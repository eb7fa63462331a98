"""Folders that held runs before, so that `runs` and `show` find a live run from anywhere.

One small file a folder below `$XDG_STATE_HOME/vitac-tui/roots`, so that nothing is ever rewritten.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from vitac_tui.runs.atomic import TEMPORARY, write_atomic


def remember(root: Path) -> None:
    """Keep a folder in mind; a home that cannot be written is no reason to fail."""
    text = str(root.resolve())
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        if not (_folder() / name).exists():
            write_atomic(_folder() / name, text.encode())
    except (OSError, RuntimeError):  # RuntimeError: there is no home at all
        pass


def known() -> list[Path]:
    """Folders remembered that still exist, in the order of their names."""
    found = []
    try:
        files = [path for path in _folder().iterdir() if not path.name.startswith(TEMPORARY)]
    except (OSError, RuntimeError):
        return []
    for file in files:
        try:
            root = Path(file.read_text())
            if root.is_absolute() and root.is_dir():
                found.append(root)
        except (OSError, ValueError):  # not ours, or no longer there
            continue
    return sorted(found)


def _folder() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(state) / "vitac-tui/roots"
