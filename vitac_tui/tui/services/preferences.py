"""What the app remembers between two starts, in the user's configuration folder."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.system.atomic import write_atomic
from vitac_tui.system.dirs import config_folder
from vitac_tui.system.files import read_bytes

LARGEST = 100_000  # bytes


def path() -> Path:
    """Return the file of preferences. Raises RuntimeError without a home folder."""
    return config_folder() / "preferences.json"


def load() -> dict[str, Any]:
    """Return all preferences; none where there is no readable file."""
    try:
        found = json.loads(read_bytes(path(), largest=LARGEST))
    except (UserError, OSError, ValueError, RuntimeError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(name: str, value: str) -> None:
    """Keep one preference. A folder that cannot be written is no reason to disturb the user."""
    known = load()
    if known.get(name) == value:
        return
    with suppress(OSError, RuntimeError):
        file = path()
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, f"{json.dumps(known | {name: value}, indent=2)}\n".encode())
