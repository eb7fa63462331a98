"""Small real image files, made on the fly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Draw = Callable[..., Path]


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
