"""What tests share: small real datasets, presets for them, and the command as a process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PATIENCE_S = 60.0  # how long a test waits for a process on a loaded machine

TINY = """\
name = "tiny"
precision = "fp32"

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


def results_of(run: Path) -> dict[str, Any]:
    """The results of a run directory."""
    data: dict[str, Any] = json.loads((run / "results.json").read_text())
    return data
