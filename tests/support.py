"""What tests share: small real datasets, presets for them, and the command as a process."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

from vitac_tui.cli import main
from vitac_tui.runs.compare import differences, one_sided

PATIENCE_S = 60.0  # how long a test waits for a process on a loaded machine

TINY = """\
name = "tiny"
precision = "fp32"
checkpoint_every = "1 epoch"

[dataset]
layout = "folder"
root = "{root}"
group = "g([0-9]+)_"
image_size = 32
split = {{test = 0.25, val = 0.25}}
cache = "off"

[model]
arch = "resnet18"

[train]
epochs = 2
batch_size = 8
learning_rate = 1e-3

[evaluate]
latency_s = 0.0

[select]
max_drop = 0.5
"""
SWEEP = """
[[variant]]
name = "masks"
[[variant.prune]]
method = "global_unstructured"
amount = {sweep = [0.3, 0.9]}

[[variant]]
name = "channels"
[[variant.prune]]
method = "depgraph"
amount = 0.5
recover = {bn_batches = 3, epochs = 1}
"""


def write_stripes(
    root: Path, *, classes: int = 3, groups: int = 4, frames: int = 3, size: int = 40
) -> Path:
    """A folder a class; a class is a stripe width, a group a phase and tint, a frame noise."""
    for label in range(classes):
        folder = root / f"class{label}"
        folder.mkdir(parents=True)
        for group in range(groups):
            drawn = np.random.default_rng([label, group])
            phase, tint = drawn.uniform(0, 6), drawn.uniform(0.7, 1, 3)
            wave = np.sin(np.arange(size) / (1 + label) + phase)
            for frame in range(frames):
                noise = np.random.default_rng([label, group, frame]).normal(0, 0.05, (size, size))
                grey = 0.5 + 0.4 * wave[None, :] + noise
                pixels = (255 * np.clip(grey[..., None] * tint, 0, 1)).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"g{group}_{frame}.png")
    return root


Command = Callable[..., "subprocess.CompletedProcess[str]"]


class Live:
    """A run of `tiny` as a process to be interfered with; `through` may wrap its command."""

    def __init__(
        self,
        tiny: Path,
        place: Path,
        name: str,
        env: dict[str, str],
        *more: str,
        through: Callable[[list[str]], list[str]] = list,
    ) -> None:
        command = [sys.executable, "-m", "vitac_tui", "--batch", str(tiny), "--run", name, *more]
        self.run = place / "runs" / name
        self.process = subprocess.Popen(
            through(command),
            cwd=place,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                if text in (self.run / "events.jsonl").read_text():
                    return
            except FileNotFoundError:
                pass
            assert self.process.poll() is None, self.process.stderr.read()
            time.sleep(0.01)
        raise AssertionError(f"no {text!r} within {PATIENCE_S} s")

    def end(self) -> None:
        """Be sure that the process is gone."""
        self.process.kill()
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which a command refuses, in this process, which has torch already."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert main(arguments) == 2
    finally:
        signal.signal(signal.SIGTERM, before)
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    return line


def results_of(run: Path) -> dict[str, Any]:
    """The results of a run directory."""
    data: dict[str, Any] = json.loads((run / "results.json").read_text())
    return data


class Terminal:
    """The command in a real terminal of its own, whose other end is ours.

    A test that fails leaves it running; conftest ends those in `left`.
    """

    left: ClassVar[list[subprocess.Popen[bytes]]] = []

    def __init__(
        self,
        *arguments: str,
        cwd: Path,
        env: dict[str, str],
        size: tuple[int, int] = (80, 24),
        cell: tuple[int, int] = (0, 0),
        program: tuple[str, ...] = ("-m", "vitac_tui"),
        controls: bool = True,
    ) -> None:
        ours, theirs = pty.openpty()
        self._resize(ours, size, cell)
        self._end = ours
        self._said = b""
        self.process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=cwd,
            env={**env, "TERM": "xterm-256color", "LANG": "C.UTF-8"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=self._own_terminal if controls else os.setsid,
        )
        self.left.append(self.process)
        os.close(theirs)

    @staticmethod
    def _own_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    @staticmethod
    def _resize(terminal: int, size: tuple[int, int], cell: tuple[int, int]) -> None:
        columns, lines = size
        pixels = columns * cell[0], lines * cell[1]
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, *pixels))

    def sees(self, text: str) -> None:
        """Wait until the command has written a text; what came before is forgotten."""
        end = time.monotonic() + PATIENCE_S
        while text.encode() not in self._said:
            left = end - time.monotonic()
            assert left > 0, f"never {text!r} in {self._said[-2000:]!r}"
            try:
                self._said += self.reads(min(left, 0.2))
            except OSError:  # the command is gone
                assert text.encode() in self._said, self._said[-2000:]
        self._said = self._said.partition(text.encode())[2]

    def reads(self, within_s: float) -> bytes:
        """What the command writes, as soon as it writes something."""
        if select.select([self._end], [], [], within_s)[0]:
            return os.read(self._end, 65536)
        return b""

    def types(self, keys: str) -> None:
        """Press keys."""
        os.write(self._end, keys.encode())

    def close(self) -> None:
        """Close the window: the command gets SIGHUP and loses its terminal."""
        os.close(self._end)

    def ends(self, within_s: float) -> int:
        """Exit code of the command, which must end in so long; its last words are read."""
        end = time.monotonic() + within_s
        while self.process.poll() is None:
            assert time.monotonic() < end, "still there"
            with suppress(OSError):
                self._said += self.reads(0.02)
            time.sleep(0.01)
        return self.process.returncode


def assert_same(first: Any, second: Any) -> None:
    """Two results are equal to the bit and have the same keys, timings aside."""
    assert one_sided(first, second) == []
    assert list(differences(first, second)) == []


def documented() -> dict[str, str]:
    """The files of the example in docs/extending.md, by their paths."""
    text = (Path(__file__).parents[1] / "docs/extending.md").read_text()
    return dict(re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


def install(folder: Path, files: dict[str, str]) -> Path:
    """Write a package and its metadata, as pip would, and return the folder for `sys.path`."""
    project = tomllib.loads(files["pyproject.toml"])["project"]
    name, version = project["name"], project["version"]
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    summary = project.get("description", "")
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {summary}\n"
    )
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{key} = {value}" for key, value in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in files))
    return folder
