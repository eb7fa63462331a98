"""Child processes of a benchmark: started from the checkout, with their errors shown."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import checkout  # noqa: F401

from vitac_tui.system.child import child_environment

SHOWN_LINES = 20  # of a failed child's standard error
MEMORY_INTERVAL_S = 3.0


class ChildError(Exception):
    """A child process failed; the message holds its command and its last lines."""


class PeakMemory:
    """The largest proportional set size (MB) of a process and its children.

    Reading it makes the kernel walk all pages, so it is read only every few seconds. It stays 0
    where there is no `/proc`.
    """

    def __init__(self, pid: int) -> None:
        self.mb = 0.0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """End the measurement and return the peak."""
        self._ended.set()
        self._thread.join()
        return self.mb

    def _watch(self) -> None:
        while True:
            self.mb = max(self.mb, sum(map(_proportional_mb, _process_tree(self._pid))))
            if self._ended.wait(MEMORY_INTERVAL_S):
                return


class Child:
    """A Python process that answers each line on its stdin with a line of JSON."""

    def __init__(self, process: "subprocess.Popen[str]", errors: IO[str], command: str) -> None:
        self.process = process
        self._errors = errors
        self._command = command

    def ask(self, request: str) -> dict[str, Any]:
        """Send a request and return the answer.

        Raises:
            ChildError: the process ended instead of answering.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):  # the empty answer below reports it
            self.process.stdin.write(f"{request}\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise ChildError(_failure(self._command, self.process.returncode, self._errors))
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def child(arguments: Sequence[Any]) -> Iterator[Child]:
    """Start a Python process to be asked, and end it afterwards."""
    command = [sys.executable, *map(str, arguments)]
    with TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=child_environment(),
        )
        try:
            yield Child(process, errors, " ".join(command))
        finally:
            with process:
                if sys.exc_info()[0] is not None:
                    process.kill()


def run_child(
    arguments: Sequence[Any],
    environment: Mapping[str, str] | None = None,
    folder: str | Path | None = None,
) -> tuple[str, float]:
    """Run Python with these arguments; return its standard output and its peak memory in MB.

    Args:
        arguments: of the interpreter.
        environment: variables in addition to those of this process.
        folder: the working directory; by default that of this process.

    Raises:
        ChildError: its exit code is not 0.
    """
    command = [sys.executable, *map(str, arguments)]
    with TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**child_environment(), **(environment or {})},
        )
        memory = PeakMemory(process.pid)
        try:
            output = process.communicate()[0]
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            memory.stop()
        if process.returncode:
            raise ChildError(_failure(" ".join(command), process.returncode, errors))
    return output, memory.mb


def _failure(command: str, code: int, errors: IO[str]) -> str:
    errors.seek(0)
    lines = errors.read().splitlines()[-SHOWN_LINES:] or ["(it wrote nothing to standard error)"]
    return "\n".join([f"exit code {code}: {command}", *lines])


def _process_tree(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return [pid]
    return [pid, *(one for name in text.split() for one in _process_tree(int(name)))]


def _proportional_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


class Log:
    """Progress lines on standard error, with the seconds since the start."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __call__(self, text: str) -> None:
        elapsed = time.monotonic() - self._begun
        print(f"[{elapsed:5.0f} s] {text}", file=sys.stderr, flush=True)
