"""Where images are read from: files below a folder, or a source that a layout makes."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from vitac_tui.errors import UserError

if TYPE_CHECKING:  # Pillow is imported when the first image is opened
    from PIL import Image

MAX_FILE_BYTES = 2**30

# Formats are named because Pillow's other plug-ins do more than read pixels (EPS runs Ghostscript),
# and the suffix of a file does not tell its format. JPEG includes MPO.
_FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "PPM", "GIF", "JPEG2000")


class CorruptImage(Exception):  # noqa: N818 (a finding that is counted, not an error to show)
    """An image that cannot be decoded, and why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


class Stat(NamedTuple):
    """What changes when the content of an image changes."""

    bytes: int
    mtime_ns: int


class ImageSource(Protocol):
    """Gives the images of a dataset by their `Sample.path`.

    A layout whose images are not files below `dataset.root` makes its own. Its methods are called
    from several threads at a time.
    """

    @property
    def name(self) -> str:
        """The folder or file that holds the images: part of the cache key, shown in messages."""
        ...

    @property
    def channels(self) -> int:
        """Channels of the decoded images; 3 is RGB, and grey images are converted to it."""
        ...

    def stat(self, path: str) -> Stat:
        """Return size and modification time of an image, without reading it.

        Raises:
            UserError: the image no longer exists.
        """
        ...

    def read(self, path: str) -> bytes:
        """Return the content of an image. Equal bytes are the same image.

        Raises:
            CorruptImage: it cannot be read.
        """
        ...

    def open(self, content: bytes) -> Image.Image | NDArray[np.uint8]:
        """Return the image that `read` gave the content of.

        It is an image of Pillow's, loaded or not, or an array [height, width, channels].

        Raises:
            Exception: of any kind, if this is not an image.
        """
        ...

    def header(self, path: str) -> tuple[tuple[int, int], str]:
        """Return (width, height) and Pillow's mode, without decoding the image.

        Raises:
            CorruptImage: it cannot be read.
        """
        ...


@dataclass(frozen=True)
class FolderSource:
    """Image files below a folder, as every layout but an archive has them."""

    root: Path
    channels: int = 3

    @property
    def name(self) -> str:
        """The folder."""
        return str(self.root)

    def stat(self, path: str) -> Stat:
        """Return size and modification time of a file."""
        name = f"{self.root}/{path}"
        try:
            status = os.stat(name)  # noqa: PTH116 (100,000 Path objects take longer)
        except OSError as problem:
            raise UserError(
                f"the image no longer exists ({problem.strerror})",
                where=name,
                remedy="restore it, or read the dataset again",
            ) from None
        return Stat(status.st_size, status.st_mtime_ns)

    def read(self, path: str) -> bytes:
        """Return the bytes of a regular file. FIFOs and devices are refused, never waited for."""
        try:
            # Non-blocking: opening a FIFO must not wait for its other end.
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(f"{self.root}/{path}", flags)
            with open(descriptor, "rb", buffering=0) as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise CorruptImage(path, "not a regular file")
                if status.st_size > MAX_FILE_BYTES:
                    raise CorruptImage(path, f"{status.st_size} bytes are too many for an image")
                return file.readall()
        except (OSError, ValueError) as problem:  # ValueError: a NUL in the name
            raise CorruptImage(path, getattr(problem, "strerror", "") or "unreadable") from None

    def open(self, content: bytes) -> Image.Image:
        """Return the image of an image file."""
        return open_image(BytesIO(content))

    def header(self, path: str) -> tuple[tuple[int, int], str]:
        """Return size and mode; only the beginning of the file is read."""
        try:
            with open_image(self.root / path) as image:
                return image.size, image.mode
        except Exception as problem:  # Pillow raises many kinds of errors for broken files
            raise CorruptImage(path, str(problem)) from None


def open_image(file: Path | BinaryIO) -> Image.Image:
    """Open an image file of an allowed format; pixels are loaded later."""
    from PIL import Image

    return Image.open(file, formats=_formats())


@cache
def _formats() -> tuple[str, ...]:
    """Return the allowed formats that this build of Pillow can open."""
    from PIL import Image

    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)
