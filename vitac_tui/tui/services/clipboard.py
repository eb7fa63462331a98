"""Copying text to where the user can paste it from."""

from __future__ import annotations

import os
import subprocess
from typing import Any

from textual.app import App

PATIENCE_S = 2.0
TMUX = (  # the first passes the text on to the terminal as well; tmux has it since 3.2
    ("tmux", "load-buffer", "-w", "-"),
    ("tmux", "load-buffer", "-"),
)


def copy(app: App[Any], text: str) -> str:
    """Copy a text; return where it went.

    The escape sequence OSC 52 reaches the terminal's clipboard, also over SSH, but tmux refuses it
    by default. So in tmux its own buffer is filled.
    """
    app.copy_to_clipboard(text)
    if os.environ.get("TMUX") and any(_into_tmux(command, text) for command in TMUX):
        return "copied to tmux's buffer; paste it with prefix ]"
    return "copied to the terminal's clipboard, if it accepts OSC 52"


def _into_tmux(command: tuple[str, ...], text: str) -> bool:
    try:
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
