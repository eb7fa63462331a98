"""TensorBoard on this machine alone, for as long as the app is open."""

from __future__ import annotations

import getpass
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from vitac_tui.errors import UserError

PATIENCE_S = 20.0
ADDRESS = re.compile(rb"http://(?:127\.0\.0\.1|localhost):(\d+)/")


@dataclass(frozen=True)
class Board:
    """A server that is bound to loopback; others reach it through an SSH tunnel only."""

    port: int

    @property
    def address(self) -> str:
        """Where it is on this machine."""
        return f"http://localhost:{self.port}/"

    @property
    def tunnel(self) -> str:
        """The line that brings it to the machine on which it is typed."""
        there = f"{getpass.getuser()}@{os.uname().nodename}"
        return f"ssh -L {self.port}:127.0.0.1:{self.port} {there}"


class Boards:
    """One server at a time, and none once the app has ended, whoever asks when."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def serve(self, folder: Path) -> Board:
        """Serve a folder of event files instead of the last; returns once it is known where.

        Raises:
            UserError: there is nothing to serve, or the server did not come up.
        """
        if not any(folder.glob("**/events.out.*")):
            raise UserError("has no TensorBoard files", where=str(folder))
        with self._turn:
            self._end()
            self._process = _start(folder)
            if self._closed:  # meanwhile, when there was no process to end
                self._end()
            return _found(self._process)

    def close(self) -> None:
        """End the server, also one that is only starting."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.terminate()


def _start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "tensorboard.main", "--logdir", str(folder)),
            *("--host", "127.0.0.1", "--port", "0"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _found(process: subprocess.Popen[bytes]) -> Board:
    """Where a server says that it is."""
    assert process.stderr is not None
    os.set_blocking(process.stderr.fileno(), False)
    said, end = b"", time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        said += process.stderr.read() or b""
        match = ADDRESS.search(said)
        if match:
            return Board(int(match[1]))
        time.sleep(0.05)
    process.terminate()
    last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no answer"]
    raise UserError(f"TensorBoard did not start: {last[0]}")
