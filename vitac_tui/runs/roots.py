"""Folders that held runs before, so that `runs` and `show` find a live run from anywhere.

One small file a folder below `$XDG_STATE_HOME/vitac-tui/roots`, so that nothing is ever rewritten.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from vitac_tui.errors import UserError
from vitac_tui.system.atomic import TEMPORARY, write_atomic
from vitac_tui.system.dirs import state_folder
from vitac_tui.system.files import open_regular

_LONGEST = 10_000  # bytes of a path


def remember(root: Path) -> None:
    """Keep a folder in mind; a home that cannot be written is no reason to fail."""
    try:
        path = os.fsencode(root.resolve())
        name = hashlib.sha256(path).hexdigest()[:16]
        _folder().mkdir(parents=True, exist_ok=True)
        if not (_folder() / name).exists():
            write_atomic(_folder() / name, path)
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
            with os.fdopen(open_regular(file), "rb") as text:
                root = Path(os.fsdecode(text.read(_LONGEST)))
            if root.is_absolute() and root.is_dir():
                found.append(root)
        except (OSError, ValueError, UserError):  # not ours, or no longer there
            continue
    return sorted(found)


def _folder() -> Path:
    return state_folder() / "roots"
