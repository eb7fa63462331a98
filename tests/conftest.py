"""Shared fixtures: a dataset, a preset that trains on it in a second, the command as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import SWEEP, TINY, Command, Terminal, write_stripes

# Two threads on busy cores mostly wait for each other; read when torch is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

Draw = Callable[..., Path]


@pytest.fixture(autouse=True)
def nothing_left_in_a_terminal() -> Iterator[None]:
    """No command outlives the test that started it in a terminal, however the test ends."""
    yield
    while Terminal.left:
        with Terminal.left.pop() as process:
            process.kill()


@pytest.fixture(scope="session")
def stripes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """36 images of 3 classes in 4 groups each."""
    return write_stripes(tmp_path_factory.mktemp("data") / "stripes")


@pytest.fixture(scope="session")
def tiny(stripes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A preset that trains on `stripes` in a second, and prunes in two ways."""
    path = tmp_path_factory.mktemp("presets") / "tiny.toml"
    path.write_text(TINY.format(root=stripes) + SWEEP)
    return path


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An empty home, and one thread, as for the tests themselves."""
    home = tmp_path_factory.mktemp("home")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    return {**kept, "HOME": str(home), "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def vitac_tui(environment: dict[str, str]) -> Command:
    """Runs the command as a process of its own."""

    def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "vitac_tui", *map(str, arguments)],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Write an image below `tmp_path`; equal seeds give equal bytes, the name is the seed else."""

    def write(name: str, *, seed: int | None = None, size: tuple[int, int] = (8, 8)) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(list(name.encode()) if seed is None else seed)
        pixels = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    return write


@pytest.fixture
def draw_all(draw: Draw) -> Callable[..., None]:
    """Write several images."""

    def write(*names: str) -> None:
        for name in names:
            draw(name)

    return write
