"""Images in a file: the same as in memory, and read before they are needed, one by one."""

import ctypes
import mmap
import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from vitac_tui.images.mapped import map_images, read_ahead, reading_ahead

IMAGES, SIDE = 64, 256  # 196,608 bytes each: 48 pages, and two pieces of advice
BYTES = SIDE * SIDE * 3


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pixels.u8"
    drawn = np.random.default_rng(0).integers(0, 256, (IMAGES, SIDE, SIDE, 3), dtype=np.uint8)
    path.write_bytes(drawn.tobytes())
    return path


def mapped(path: Path) -> np.ndarray:
    return map_images(path, (IMAGES, SIDE, SIDE, 3))


def forget(path: Path) -> None:
    """Bring the file to the disk and have the system forget its pages."""
    descriptor = os.open(path, os.O_RDWR)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    if any(in_memory(path, row) for row in range(IMAGES)):
        pytest.skip("this file system keeps its files in memory")


def in_memory(path: Path, row: int) -> bool:
    """Whether the system holds all pages of an image, by mincore(2), which reads nothing."""
    pixels = mapped(path)
    held = (ctypes.c_ubyte * (BYTES // mmap.PAGESIZE))()
    place = ctypes.c_void_p(pixels[row].ctypes.data)
    assert ctypes.CDLL(None).mincore(place, ctypes.c_size_t(BYTES), held) == 0
    return all(one & 1 for one in held)


def wait_for(path: Path, row: int) -> None:
    patience = time.monotonic() + 20
    while not in_memory(path, row):
        assert time.monotonic() < patience
        time.sleep(0.01)


needs_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="asks the kernel in Linux's way what is in memory"
)


@needs_linux
def test_images_that_were_asked_for_are_read_and_no_others(file: Path) -> None:
    forget(file)
    pixels = mapped(file)
    read_ahead(pixels, np.array([40, 7]))
    wait_for(file, 40)
    wait_for(file, 7)
    assert not any(in_memory(file, row) for row in (5, 20, 42, 63))


@needs_linux
def test_a_part_of_the_images_knows_where_in_the_file_it_lies(file: Path) -> None:
    forget(file)
    read_ahead(mapped(file)[10::5], np.array([2]))
    wait_for(file, 20)
    assert not in_memory(file, 12)


@needs_linux
def test_an_image_that_nobody_asked_for_is_read_without_its_neighbours(file: Path) -> None:
    forget(file)
    assert mapped(file)[30].any()
    assert in_memory(file, 30)
    assert not any(in_memory(file, row) for row in (28, 32, 40))


def test_the_next_part_is_asked_for_before_the_one_at_hand_is_used(file: Path) -> None:
    pixels, told = mapped(file), []

    def rows_of(part: str) -> np.ndarray:
        told.append(part)
        return np.array([ord(part) - ord("a")])

    used = []
    for part in reading_ahead(pixels, iter("abc"), rows_of):
        used.append(part)
        assert told == list("abc"[: len(used) + 1])
    assert used == list("abc")
    assert list(reading_ahead(pixels, (), rows_of)) == []


def test_images_in_memory_are_left_alone() -> None:
    pixels = np.arange(96, dtype=np.uint8).reshape(2, 4, 4, 3)
    read_ahead(pixels, np.array([0, 1]))
    assert pixels.tobytes() == bytes(range(96))


def test_mapped_images_cannot_be_written(file: Path) -> None:
    pixels = mapped(file)
    assert pixels.tobytes() == file.read_bytes()
    with pytest.raises(ValueError, match="read-only"):
        pixels[0] = 0


def test_a_map_of_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        map_images(tmp_path / "none", (1, 4, 4, 3))


def test_images_need_not_begin_at_a_page_nor_end_with_one(tmp_path: Path) -> None:
    path = tmp_path / "odd"
    path.write_bytes(bytes(range(3)) * (3 * 37 * 37))
    pixels = map_images(path, (3, 37, 37, 3))
    read_ahead(pixels, np.array([0, 1, 2]))
    assert (pixels == [0, 1, 2]).all()
