"""Image files that are none, are torn, claim what they do not hold, or are more than they seem."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from corpus.case import Make, both, kind, write
from corpus.datasets import BY_IMAGE, dataset
from PIL import Image

BROKEN = "class1/g0_0.png"


def encoded(form: str, pixels: np.ndarray | None = None, **options: object) -> bytes:
    """An image file of noise."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise if pixels is None else pixels).save(file, form, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG that claims a size, and holds what it is given."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = (chunk(b"IHDR", header), *chunks, chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    """A little-endian TIFF of one directory: tag, type, count and value of each entry."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", following)


def bmp(width: int, height: int) -> bytes:
    """A BMP that claims a size and holds nothing."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(header), 0, 0, 54) + header


def half(form: str) -> bytes:
    """A file cut in the middle."""
    whole = encoded(form)
    return whole[: len(whole) // 2]


def flipped(data: bytes, position: int) -> bytes:
    """A file with a byte that differs."""
    return data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]


ZEROS = zlib.compress(bytes(1 << 22), 9)
GRID = [(257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
OUTSIDE = [(273, 4, 1, 2**31), (279, 4, 1, 2**31)]
CONTENTS = {
    "empty": (b"", "not an image of a known format"),
    "text": (b"not an image", "not an image of a known format"),
    "a signature alone": (b"\x89PNG\r\n\x1a\n", ""),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "known format"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='/etc/hosts'/></svg>", "known"),
    "PDF": (encoded("PDF"), "not an image of a known format"),
    "ICO": (encoded("ICO"), "not an image of a known format"),
    "TGA": (encoded("TGA"), "not an image of a known format"),
    "zip": (b"PK\3\4" + bytes(100), "not an image of a known format"),
    "gzip": (b"\x1f\x8b\x08" + bytes(100), "not an image of a known format"),
    "PNG, 61,000 wide": (png(61_000, 10), "61000x10 pixels are too many"),
    "PNG, 60,001 high": (png(1, 60_001), "1x60001 pixels are too many"),
    "PNG, 50,000 square": (png(50_000, 50_000), "decompression bomb"),
    "PNG, 2**31 wide": (png(2**31 - 1, 2**31 - 1), ""),
    "PNG, no width": (png(0, 8), ""),
    "PNG, no data": (png(8, 8), ""),
    "PNG, few data": (png(64, 64, chunk(b"IDAT", zlib.compress(b"abc"))), ""),
    "PNG, rubbish data": (png(8, 8, chunk(b"IDAT", b"\xff" * 99)), ""),
    "PNG, wrong depth": (png(8, 8, chunk(b"IDAT", b""), depth=77), ""),
    "PNG, wrong colours": (png(8, 8, chunk(b"IDAT", b""), colour=9), ""),
    "PNG, bomb in a text": (png(8, 8, *[chunk(b"zTXt", b"a\0\0" + ZEROS)] * 40), ""),
    "PNG, bomb in a profile": (png(8, 8, chunk(b"iCCP", b"a\0\0" + ZEROS)), ""),
    "PNG, wrong checksum": (flipped(encoded("PNG"), 29), ""),
    "PNG, long chunk": (png(8, 8) [:33] + struct.pack(">I", 2**31 - 1) + b"IDAT", ""),
    "PNG, half": (half("PNG"), "truncated"),
    "JPEG, half": (half("JPEG"), "truncated"),
    "JPEG, no data": (encoded("JPEG")[:200], ""),
    "JPEG, 65,535 wide": (
        encoded("JPEG").replace(b"\0\x11\x08\0\x40\0\x40", b"\0\x11\x08\xff\xff\xff\xff"), "bomb"
    ),
    "WebP, half": (half("WEBP"), ""),
    "GIF, half": (half("GIF"), ""),
    "GIF, 65,535 wide": (b"GIF89a\xff\xff\xff\xff\0\0\0", ""),
    "BMP, half": (half("BMP"), ""),
    "BMP, 60,001 wide": (bmp(60_001, 1), "60001x1 pixels are too many"),
    "BMP, most negative": (bmp(-(2**31), -(2**31)), ""),
    "JPEG 2000, half": (half("JPEG2000"), ""),
    "PPM, 60,001 wide": (b"P6 60001 1 255\n" + bytes(9), "60001x1 pixels are too many"),
    "PPM, no number": (b"P6 x 1 255\n" + bytes(9), ""),
    "PPM, long number": (b"P6 " + b"9" * 5000 + b" 1 255\n", ""),
    "PPM, no maximum": (b"P6 1 1 0\n" + bytes(9), ""),
    "TIFF, half": (half("TIFF"), ""),
    "TIFF, no entries": (tiff(), ""),
    "TIFF, 60,001 wide": (tiff((256, 3, 1, 60_001), *GRID, *OUTSIDE), "60001x8 pixels"),
    "TIFF, directory of itself": (tiff((256, 3, 1, 8), following=8), ""),
    "TIFF, data outside": (tiff((256, 3, 1, 8), *GRID, *OUTSIDE), "truncated"),
    "TIFF, four thousand million entries": (tiff((256, 4, 2**32 - 1, 8), *GRID), ""),
    "TIFF, fractions": (encoded("TIFF", np.zeros((8, 8), np.float32)), "floating-point"),
    "TIFF, 32 bits": (encoded("TIFF", np.full((8, 8), 70_000, np.int32)), "16 bits"),
}  # fmt: skip

add = kind("image", dataset, "--quiet dataset check set", code=0)
for name, (content, reason) in CONTENTS.items():
    add(name, write(f"set/{BROKEN}", content), f"unreadable: {BROKEN} ( ... {reason}")


def torn(*classes: str) -> Make:
    """Spoils all images of some classes."""

    def spoil(folder: Path) -> None:
        for name in classes:
            for path in (folder / "set" / name).iterdir():
                path.write_bytes(b"torn")

    return spoil


def no_file(name: str) -> Make:
    """A dataset whose images are all pipes."""

    def spoil(folder: Path) -> None:
        for path in (folder / "set" / name).iterdir():
            path.unlink()
            os.mkfifo(path)

    return spoil


ALL = ("class0", "class1", "class2")
add = kind("images", dataset, f"--quiet dataset check set {BY_IMAGE}")
add("a class", torn("class1"), "no image of class 'class1' can be decoded")
add("all classes", torn(*ALL), "12 of 12 images")
add("a class of pipes", no_file("class1"), "without images: 1 folder: class1", code=0)
add("nothing but pipes", both(*map(no_file, ALL)), "there is no image")
