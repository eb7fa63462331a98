"""Where images come from: files below a folder, with the refusals that keep reading them safe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from vitac_tui.data.source import MAX_FILE_BYTES, CorruptImage, FolderSource, ImageSource
from vitac_tui.data.table import SampleTable
from vitac_tui.errors import UserError


def test_a_table_reads_from_its_folder_unless_a_layout_gives_an_archive(tmp_path: Path) -> None:
    Image.new("L", (5, 3)).save(tmp_path / "a.png")
    source: ImageSource = SampleTable(tmp_path, ()).source
    status = (tmp_path / "a.png").stat()
    assert source.name == str(tmp_path)
    assert source.stat("a.png") == (status.st_size, status.st_mtime_ns)
    assert source.read("a.png") == (tmp_path / "a.png").read_bytes()
    assert source.header("a.png") == ((5, 3), "L")
    archive = FolderSource(tmp_path / "other")
    assert SampleTable(tmp_path, (), archive=archive).source is archive


def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(CorruptImage) as refused:
        FolderSource(tmp_path).read("a.png")
    assert refused.value.reason == "not a regular file"


def test_a_file_too_large_for_an_image_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(CorruptImage, match="too many for an image"):
        FolderSource(tmp_path).read("a.png")


def test_an_absent_image_is_an_error_when_the_cache_asks_and_a_finding_when_read(
    tmp_path: Path,
) -> None:
    source = FolderSource(tmp_path)
    with pytest.raises(UserError, match=r"a\.png: the image no longer exists"):
        source.stat("a.png")
    with pytest.raises(CorruptImage, match="No such file"):
        source.read("a.png")
