"""What is no file, to stand in a file's place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from corpus.case import Make


def _folder(path: Path) -> None:
    path.mkdir()


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


NO_FILES: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "folder": _folder,
    "device": _device,
    "link to itself": _loop,
    "terabyte": _huge,
    "nothing": lambda path: None,
}


def instead_of(path: str, what: str) -> Make:
    """Puts one of `NO_FILES` in a file's or a folder's place."""

    def spoil(folder: Path) -> None:
        place = folder / path
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        NO_FILES[what](place)

    return spoil
