"""TensorBoard on this machine alone, for as long as the app is open."""

from __future__ import annotations

import getpass
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from vitac_tui.errors import UserError

PATIENCE_S = 20.0
ADDRESS = re.compile(rb"http://(?:127\.0\.0\.1|localhost):(\d+)/")


@dataclass
class Board:
    """A server that is bound to loopback; others reach it through an SSH tunnel only."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """Where it is on this machine."""
        return f"http://localhost:{self.port}/"

    @property
    def tunnel(self) -> str:
        """The line that brings it to the machine on which it is typed."""
        there = f"{getpass.getuser()}@{os.uname().nodename}"
        return f"ssh -L {self.port}:127.0.0.1:{self.port} {there}"

    def close(self) -> None:
        """End the server."""
        self.process.terminate()


def serve(folder: Path) -> Board:
    """Serve a folder of event files; returns once the server says where it is.

    Raises:
        UserError: there is nothing to serve, or the server did not come up.
    """
    if not any(folder.glob("**/events.out.*")):
        raise UserError("has no TensorBoard files", where=str(folder))
    process = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "tensorboard.main", "--logdir", str(folder)),
            *("--host", "127.0.0.1", "--port", "0"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    os.set_blocking(process.stderr.fileno(), False)
    said, end = b"", time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        said += process.stderr.read() or b""
        match = ADDRESS.search(said)
        if match:
            return Board(int(match[1]), process)
        time.sleep(0.05)
    process.terminate()
    last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no answer"]
    raise UserError(f"TensorBoard did not start: {last[0]}")
