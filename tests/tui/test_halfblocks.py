from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vitac_tui.data.source import FolderSource
from vitac_tui.images.images import Decode, viewer
from vitac_tui.images.spec import Fit, ImageSpec
from vitac_tui.tui.reading.halfblocks import RAMP, UPPER, Cell, Drawn, cells, draw, grey_cells

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def file(path: Path, fit: Fit = "squash") -> Decode:
    return viewer(FolderSource(path.parent), path.name, ImageSpec(8, fit))


def picture(path: Path, pixels: list[list[tuple[int, int, int]]]) -> Path:
    Image.fromarray(np.array(pixels, np.uint8)).save(path)
    return path


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", [1, 2, 7, 40])
@pytest.mark.parametrize("height", [1, 2, 5, 30])
@pytest.mark.parametrize("broken", [False, True])
def test_a_picture_has_exactly_the_size_asked_for(
    tmp_path: Path, width: int, height: int, ascii: bool, broken: bool
) -> None:
    path = tmp_path / "wide.png"
    if broken:
        path.write_bytes(b"no image")
    else:
        Image.new("RGB", (30, 20), RED).save(path)
    drawn = draw(file(path), width, height, ascii=ascii)
    assert len(drawn.rows) == height
    assert {len(row) for row in drawn.rows} == {width}
    assert {len(cell.text) for row in drawn.rows for cell in row} == {1}


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
def test_no_room_is_no_picture(tmp_path: Path, size: tuple[int, int]) -> None:
    assert sum(len(row) for row in draw(file(tmp_path / "x.png"), *size).rows) == 0


def test_a_cell_is_two_pixels(tmp_path: Path) -> None:
    path = picture(tmp_path / "four.png", [[RED, GREEN], [BLUE, WHITE]])
    assert draw(file(path), 2, 1).rows == ((Cell(UPPER, RED, BLUE), Cell(UPPER, GREEN, WHITE)),)


def test_an_odd_last_row_leaves_the_lower_half_empty() -> None:
    column = np.array([[RED], [GREEN], [BLUE]], np.uint8)
    assert cells(column) == ((Cell(UPPER, RED, GREEN),), (Cell(UPPER, BLUE, None),))


def test_the_fit_is_the_one_of_training(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[:, 20:40] = RED
    Image.fromarray(pixels).save(path)

    def inks(fit: Fit) -> set[tuple[int, int, int] | None]:
        return {cell.ink for row in draw(file(path, fit), 6, 3).rows for cell in row}

    assert inks("crop") == {RED}
    assert (0, 0, 0) in inks("squash")
    assert draw(file(path, "pad"), 6, 3).rows[0][0].ink == (0, 0, 0)


def test_zoom_shows_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "framed.png"
    pixels = np.full((64, 64, 3), 255, np.uint8)
    pixels[12:52, 12:52] = RED
    Image.fromarray(pixels).save(path)
    assert draw(file(path), 8, 4).rows[0][0].ink == WHITE
    assert {cell.ink for row in draw(file(path), 8, 4, zoom=2).rows for cell in row} == {RED}


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "CMYK"])
def test_every_mode_looks_as_for_training(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "image.tif"
    Image.new("RGB", (8, 8), WHITE).convert(mode).save(path)
    assert draw(file(path), 4, 2).rows[0][0].ink == WHITE


def test_sixteen_bits_are_not_stretched(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((8, 8), 257 * 100, np.uint16)).save(path)
    assert draw(file(path), 4, 2).rows[0][0].ink == (100, 100, 100)


def test_a_broken_file_gives_a_cross_and_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n nothing more")
    drawn = draw(file(path), 40, 5)
    assert drawn.trouble
    text = ["".join(cell.text for cell in row) for row in drawn.rows]
    assert text[0][0] == "\\"
    assert text[0][-1] == "/"
    assert drawn.trouble[:40] in text[2]
    assert draw(file(tmp_path / "gone.png"), 40, 5).trouble == "No such file or directory"


def test_without_blocks_brightness_is_a_character() -> None:
    ramp = np.repeat(np.array([0, 140, 255], np.uint8)[None, :, None], 2, 0).repeat(3, 2)
    assert [cell.text for cell in grey_cells(ramp)[0]] == [RAMP[0], RAMP[5], RAMP[-1]]


def test_real_images_are_all_drawn(stripes: Path) -> None:
    made = [draw(file(path), 12, 6) for path in stripes.rglob("*.png")]
    assert len(made) == 36
    assert all(isinstance(drawn, Drawn) and not drawn.trouble for drawn in made)
