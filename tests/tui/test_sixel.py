from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pixelterm import decode

from vitac_tui.data.source import FolderSource
from vitac_tui.images.images import Pixels
from vitac_tui.images.images import decode as read
from vitac_tui.images.spec import ImageSpec
from vitac_tui.tui.terminal.graphics.sixel import CLEAR, COLOURS, Indexed, encode, indexed


def shapes(seed: int, side: int) -> Pixels:
    """Few colours in long and short runs."""
    random = np.random.default_rng(seed)
    colours = random.integers(0, 256, (9, 3), np.uint8)
    index = random.integers(0, 9, (side, side)).repeat(random.integers(1, 9, side), axis=1)
    return colours[index[:, :side]]


def body(text: str) -> str:
    assert text.startswith("\x1bP0;1;0q")
    assert text.endswith("\x1b\\")
    return text[len("\x1bP0;1;0q") : -2]


@pytest.mark.parametrize("side", [1, 5, 6, 7, 64])
def test_what_is_encoded_is_what_is_decoded(side: int) -> None:
    pixels = shapes(side, side)
    shown = decode(body(encode(indexed(pixels, side, side))))
    assert np.abs(shown - pixels).max() <= 2  # sixel's colours are in per cent


def test_a_picture_is_in_the_middle_of_its_area_and_the_rest_is_left_alone() -> None:
    pixels = np.full((10, 10, 3), (255, 0, 0), np.uint8)
    shown = decode(body(encode(indexed(pixels, 16, 12))))
    assert (shown[3:13, 1:11] == (255, 0, 0)).all()
    shown[3:13, 1:11] = -1
    assert (shown == -1).all()


def test_a_part_is_that_part() -> None:
    image = indexed(shapes(1, 64), 64, 64)
    whole = decode(body(encode(image)))
    part = decode(body(encode(image, (slice(17, 34), slice(8, 40)))))
    assert (part == whole[17:34, 8:40]).all()


def test_nothing_to_draw_is_no_pixel() -> None:
    empty = Indexed(np.full((7, 3), CLEAR, np.uint8), np.zeros((0, 3), np.uint8))
    assert (decode(body(encode(empty))) == -1).all()


def test_real_images_stay_close_in_few_colours(stripes: Path) -> None:
    path = next(stripes.rglob("*.png"))
    pixels = read(FolderSource(path.parent), path.name, ImageSpec(96, "squash"))
    text = body(encode(indexed(pixels, 96, 96)))
    assert np.abs(decode(text) - pixels).mean() < 5
    assert len(set(re.findall(r"#(\d+);2", text))) <= COLOURS


@pytest.mark.skipif(shutil.which("sixel2png") is None, reason="libsixel's sixel2png is not here")
def test_libsixel_reads_the_same(tmp_path: Path) -> None:
    pixels = shapes(3, 64)
    (tmp_path / "a.six").write_text(encode(indexed(pixels, 64, 64)))
    subprocess.run(["sixel2png", "-i", "a.six", "-o", "a.png"], cwd=tmp_path, check=True)
    with Image.open(tmp_path / "a.png") as image:
        assert np.abs(np.array(image.convert("RGB")).astype(int)[:64, :64] - pixels).max() <= 2
