"""The app's end of the process that knows torch (`vitac_tui.worker.preview.server`)."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Literal

from vitac_tui.runs import jsontext
from vitac_tui.runs.directory import RunDir
from vitac_tui.system.child import child_environment, module_command

Say = Callable[[dict[str, Any]], object]


def command(run: RunDir | None) -> list[str]:
    """Return the command that starts the preview process."""
    on = [] if run is None else [str(run.path)]
    return module_command("vitac_tui.worker.preview.server", *on)


class WhatIf:
    """Asks the process, which it starts when first asked and again after it died.

    A thread of its own reads the replies and says each; it says `{"ended": exit code}` when the
    process is gone. Nothing here waits for the process: a request goes into a pipe that the
    process reads from the first moment on. Without a run only `ask_model` is answered.
    """

    def __init__(self, run: RunDir | None, say: Say) -> None:
        self._run = run
        self._say = say
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._unsent = b""
        self._number = 0
        self._closed = False

    def ask(
        self, do: Literal["size", "score"], steps: Sequence[dict[str, Any]], keep_masks: bool
    ) -> int:
        """What steps make of the run's model; returns the request's number, as `ask_model`."""
        return self._request({"do": do, "steps": steps, "keep_masks": keep_masks})

    def ask_model(self, arch: str, num_classes: int, image_size: int) -> int:
        """What a network costs before anything is pruned."""
        return self._request(
            {"do": "model", "arch": arch, "num_classes": num_classes, "image_size": image_size}
        )

    def _request(self, request: dict[str, Any]) -> int:
        """Send a request, which replaces any before it; returns its number."""
        with self._lock:
            self._number += 1
            request = {"id": self._number, **request}
            self._unsent = f"{jsontext.line(request)}\n".encode()
            if self._thread is None:
                # A daemon: leaving the app must not wait for a process that imports torch.
                self._thread = threading.Thread(target=self._live, daemon=True, name="what-if")
                self._thread.start()
            elif self._process is not None:
                self._send(self._process)
            return self._number

    def close(self) -> None:
        """End the process; nothing is said any more."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.terminate()

    def _send(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        with suppress(OSError, ValueError):  # it died; what is unsent starts the next one
            process.stdin.write(self._unsent)
            process.stdin.flush()
            self._unsent = b""

    def _live(self) -> None:
        while True:
            code = self._once()
            with self._lock:
                self._process = None
                again = bool(self._unsent) and not self._closed
                if not again:
                    self._thread = None
            if not self._closed:
                self._tell({"ended": code})
            if not again:
                return

    def _once(self) -> int:
        try:
            process = subprocess.Popen(
                command(self._run),
                env=child_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError as problem:
            self._unsent = b""
            self._tell(
                {"error": f"the process beside the app cannot be started: {problem.strerror}"}
            )
            return -1
        assert process.stdin is not None
        assert process.stdout is not None
        with self._lock:
            self._process = process
            self._send(process)
            if self._closed:
                process.terminate()
        with process.stdout:
            for line in process.stdout:
                self._hear(line)
        with suppress(OSError):
            process.stdin.close()
        return process.wait()

    def _hear(self, line: bytes) -> None:
        try:
            reply = json.loads(line)
        except ValueError:
            return
        if isinstance(reply, dict):
            self._tell(reply)

    def _tell(self, reply: dict[str, Any]) -> None:
        if not self._closed:
            with suppress(Exception):  # the screen may be gone already
                self._say(reply)
