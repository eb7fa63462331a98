"""Decoding one image file to the square RGB array that the network sees."""

from __future__ import annotations

import os
import stat
from contextlib import nullcontext
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, __version__

Fit = Literal["squash", "crop", "pad"]
Pixels = NDArray[np.uint8]

#: Part of the key under which decoded images are kept: another version may decode otherwise.
DECODER = f"2-pillow-{__version__}"

MAX_SIDE = 60_000
MAX_PIXELS = 178_956_970  # where Pillow itself speaks of a decompression bomb
MAX_FILE_BYTES = 2**30
#: Larger images wait for each other, so that memory does not grow with the number of workers.
LARGE_PIXELS = 2**25
_one_large = Lock()

# Formats are named, because Pillow's other plug-ins reach further than pixels (EPS runs
# Ghostscript), and a file's suffix says nothing about its content. JPEG includes MPO.
_FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "PPM", "GIF", "JPEG2000")
_GREY = ("1", "L", "LA")
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")


class CorruptImage(Exception):  # noqa: N818 (a finding that is counted, not an error to show)
    """An image that cannot be decoded, and why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


def decode(path: Path, size: int, fit: Fit) -> Pixels:
    """Decode an image file.

    It is what the study's `Resize` of a PIL image converted to RGB gives: Pillow's bilinear filter,
    which smooths when it shrinks. As there, transparency is dropped and the EXIF orientation is
    not applied.

    Args:
        path: the file.
        size: side of the result in pixels.
        fit: "squash" ignores the aspect ratio; "crop" takes the centre of the longer side; "pad"
            fills the shorter side up with black on both sides.

    Returns:
        uint8 [size, size, 3], RGB.

    Raises:
        CorruptImage: no image, truncated, too large, or of floating-point values.
    """
    return decode_bytes(read_file(path), path, size, fit)


def read_file(path: Path) -> bytes:
    """Bytes of a regular file. FIFOs and devices are refused, and never waited for.

    Raises:
        CorruptImage: absent, unreadable, no regular file, or larger than 1 GiB.
    """
    try:
        # Non-blocking: opening a FIFO must not wait for its other end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise CorruptImage(path, "no regular file")
            if status.st_size > MAX_FILE_BYTES:
                raise CorruptImage(path, f"{status.st_size} bytes are too many for an image")
            return file.readall()
    except OSError as problem:
        raise CorruptImage(path, problem.strerror or "unreadable") from None


def decode_bytes(data: bytes, path: Path, size: int, fit: Fit) -> Pixels:
    """`decode` for a file's bytes; `path` is for the message only."""
    try:
        with Image.open(BytesIO(data), formats=_formats()) as image:
            width, height = image.size
            if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
                raise CorruptImage(path, f"{width}x{height} pixels are too many")
            pixels = max(width * height, max(width, height) * size)  # the latter where it is padded
            with _one_large if pixels > LARGE_PIXELS else nullcontext():
                image.load()
                square = _fitted(_grey_or_rgb(image, path), fit, size)
                resized = square.resize((size, size), Image.Resampling.BILINEAR)
        return np.array(_as(resized, "RGB"), dtype=np.uint8)
    except CorruptImage:
        raise
    except Exception as problem:
        # Pillow's decoders answer hostile bytes with whatever exception they stumble into.
        text = str(problem) or type(problem).__name__
        reason = "no image of a known format" if "cannot identify" in text else text
        raise CorruptImage(path, reason) from None


def header(path: Path) -> tuple[tuple[int, int], str]:
    """Width and height, and Pillow's mode, of an image that was found readable; without decoding.

    Raises:
        CorruptImage: it is so no longer.
    """
    try:
        with Image.open(path, formats=_formats()) as image:
            return image.size, image.mode
    except Exception as problem:
        raise CorruptImage(path, str(problem)) from None


@cache
def _formats() -> tuple[str, ...]:
    """The formats that this build of Pillow can open."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _grey_or_rgb(image: Image.Image, path: Path) -> Image.Image:
    """In mode L or RGB. Grey stays one channel while it is resized: three would come out alike."""
    if image.mode == "F":
        raise CorruptImage(path, "floating-point values have no known range")
    if image.mode in _SIXTEEN_BITS:
        values = np.asarray(image)
        if values.size and (values.min() < 0 or values.max() > 65535):
            raise CorruptImage(path, "values do not fit 16 bits")
        # 65535 / 257 = 255: the same scale for every image, never stretched to its own range.
        scaled = values.astype(np.uint32)
        scaled += 128
        scaled //= 257
        return Image.fromarray(scaled.astype(np.uint8))
    return _as(image, "L" if image.mode in _GREY else "RGB")


def _as(image: Image.Image, mode: str) -> Image.Image:
    """In that mode; `convert` would copy an image that has it."""
    return image if image.mode == mode else image.convert(mode)


def _fitted(image: Image.Image, fit: Fit, size: int) -> Image.Image:
    """The image with what squashing it to `size` needs to keep its proportions."""
    width, height = image.size
    if fit == "squash" or width == height:
        return image
    if fit == "crop":
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        return image.crop((left, top, left + side, top + side))
    # The longer side is resized before the shorter one is filled up: Pillow resizes one side after
    # the other anyhow, and a square of a long strip would take gigabytes.
    side = max(width, height)
    if width > height:
        strip, canvas, place = (size, height), (size, side), (0, (side - height) // 2)
    else:
        strip, canvas, place = (width, size), (side, size), ((side - width) // 2, 0)
    filled = Image.new(image.mode, canvas)
    filled.paste(image.resize(strip, Image.Resampling.BILINEAR), place)
    return filled
