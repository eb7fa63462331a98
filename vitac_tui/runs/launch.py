"""Starting a run as a process of its own session, which no terminal can take down."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from vitac_tui.system.child import child_environment, module_command

POLL_S = 0.05


def detach(
    arguments: Sequence[str], run: Path, cancelled: threading.Event | None = None
) -> tuple[int | None, str]:
    """Start `vitac-tui` detached and wait until its run has begun or it has ended.

    Args:
        arguments: of the command, `--run` included.
        run: the run directory that it will make, or goes on with.
        cancelled: once it is set, the process is ended, unless its run has begun.

    Returns:
        None and "" once the run is under way; else the exit code and what the process said.
    """
    before = _size(run / "events.jsonl")
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            module_command("vitac_tui", *arguments),
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            ended = False
            while not ended:
                ended = process.poll() is not None  # before the look, which a quick run must pass
                if _size(run / "events.jsonl") > before:
                    return None, ""
                if cancelled is not None and cancelled.is_set():
                    process.terminate()
                time.sleep(POLL_S)
        except KeyboardInterrupt:
            process.terminate()
            raise
        said.seek(0)
        return process.returncode, said.read().decode("utf-8", "replace")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
