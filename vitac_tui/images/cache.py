"""The cache of decoded images: names, file format, reading.

The decoded images of a dataset are a set, a folder `<cache root>/images/<key>/` with two files:

- `pixels.u8`: the readable images one after the other, each uint8 [size, size, channels];
- `index.json`: the size, the content hash of every image, the reason for each unreadable one, and
  a checksum of each decoded image.

The folder gets its name when both files are complete. They are never changed afterwards; the
modification time of `index.json` is the time of the last use.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from vitac_tui.data.table import SampleTable
from vitac_tui.errors import UserError, one_line
from vitac_tui.images.images import DECODER, Pixels
from vitac_tui.images.mapped import map_images
from vitac_tui.images.spec import ImageSpec

FORMAT = 1
PIXELS_NAME = "pixels.u8"
INDEX_NAME = "index.json"
IMAGES_FOLDER = "images"
_EXAMPLES = 3
_PROBES = 16  # images whose checksum is verified when a set is opened


@dataclass(frozen=True)
class Decoded:
    """The decoded images of a table.

    Attributes:
        pixels: uint8 [readable images, size, size, channels], read-only, in the table's order.
            If `corrupt` is not empty, the table has more rows; `drop_corrupt` removes these.
        hashes: content hash of each row of the table; "" if the image cannot be read.
        corrupt: reason why a row has no pixels, by row.
        spec: what they were decoded to.
        built: whether the images were decoded now, rather than taken from the cache.
    """

    pixels: Pixels
    hashes: tuple[str, ...]
    corrupt: Mapping[int, str]
    spec: ImageSpec
    built: bool


@dataclass(frozen=True)
class Index:
    """The content of `index.json`: one hash per row of the table, one checksum per image."""

    size: int
    hashes: tuple[str, ...]
    corrupt: Mapping[int, str]
    checksums: tuple[int, ...]

    @property
    def stored(self) -> int:
        """Number of images in `pixels.u8`."""
        return len(self.hashes) - len(self.corrupt)


def content_hash(data: bytes) -> str:
    """Return the blake2b-128 hash of an image's content, in hex."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def checksum(pixels: Pixels) -> int:
    """Return the CRC-32 of a decoded image, by which damaged files are found."""
    return zlib.crc32(pixels.data)


def cache_key(table: SampleTable, spec: ImageSpec) -> str:
    """Return the name of the set: a digest of the images' paths, sizes and times, and of `spec`.

    Raises:
        UserError: an image of the table no longer exists.
    """
    source = table.source
    head: tuple[object, ...] = (FORMAT, DECODER, spec.image_size, spec.fit, source.name)
    if spec.channels != 3:
        head += (spec.channels,)
    if spec.value_range is not None:
        head += spec.value_range
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr(head).encode("utf-8", "surrogateescape"))
    for sample in table.samples:
        size, mtime_ns = source.stat(sample.path)
        line = f"{sample.path}\0{size}\0{mtime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def write_index(path: Path, index: Index) -> None:
    """Write `index.json` and flush it to the disk."""
    body = {
        "size": index.size,
        "hashes": index.hashes,
        "corrupt": {str(row): reason for row, reason in index.corrupt.items()},
        "checksums": index.checksums,
    }
    text = json.dumps(body)
    whole = {"format": FORMAT, "digest": content_hash(text.encode()), "body": text}
    with path.open("w", encoding="utf-8") as file:
        json.dump(whole, file)
        file.flush()
        os.fsync(file.fileno())


def open_cached(folder: Path, rows: int, spec: ImageSpec) -> Decoded | None:
    """Return a cached set, or None if it does not exist or is damaged.

    `pixels.u8` must have the length that follows from the index, the index must have the right
    digest, and the checksums of a few images throughout the file must be right.

    Args:
        folder: the set's folder.
        rows: number of rows of the table.
        spec: what the images were decoded to.
    """
    index = _read_index(folder / INDEX_NAME)
    if index is None or len(index.hashes) != rows or index.size != spec.image_size:
        return None
    pixels = _map(folder / PIXELS_NAME, index, spec)
    if pixels is None:
        return None
    with suppress(OSError):  # the cache belongs to another user
        os.utime(folder / INDEX_NAME)  # the time of the last use
    return Decoded(pixels, index.hashes, index.corrupt, spec, built=False)


def _read_index(path: Path) -> Index | None:
    try:
        whole: dict[str, Any] = json.loads(path.read_bytes())
        text = whole["body"]
        if whole["format"] != FORMAT or whole["digest"] != content_hash(text.encode()):
            return None
        body: dict[str, Any] = json.loads(text)
        return Index(
            size=body["size"],
            hashes=tuple(body["hashes"]),
            corrupt={int(row): reason for row, reason in body["corrupt"].items()},
            checksums=tuple(body["checksums"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _map(path: Path, index: Index, spec: ImageSpec) -> Pixels | None:
    shape = (index.stored, *spec.shape)
    try:
        if path.stat().st_size != index.stored * spec.bytes:
            return None
        if not index.stored:
            return np.empty(shape, np.uint8)
        pixels = map_images(path, shape)
    except OSError:
        return None
    probes = np.linspace(0, index.stored - 1, min(_PROBES, index.stored)).astype(int)
    torn = any(checksum(pixels[row]) != index.checksums[row] for row in probes)
    return None if torn else pixels


def without(table: SampleTable, rows: Collection[int]) -> SampleTable:
    """Return the table without some of its rows."""
    gone = set(rows)
    kept = tuple(sample for row, sample in enumerate(table.samples) if row not in gone)
    return replace(table, samples=kept)


def drop_corrupt(
    table: SampleTable, decoded: Decoded
) -> tuple[SampleTable, Decoded, tuple[str, ...]]:
    """Leave out the images that cannot be decoded.

    Returns:
        The table without its corrupt images, the decoded images of its rows, and a warning that
        counts and names the images left out, if any.

    Raises:
        UserError: a class has no image left.
    """
    if not decoded.corrupt:
        return table, decoded, ()
    readable = without(table, decoded.corrupt)
    lost = set(table.class_ids) - set(readable.class_ids)
    if lost:
        row = next(row for row, sample in enumerate(table.samples) if sample.label in lost)
        sample, others = table.samples[row], len(lost) - 1
        raise UserError(
            f"no image of class {sample.class_name!r} can be decoded"
            f"{f', nor of {others} other classes' if others else ''}: "
            f"{sample.path} ({decoded.corrupt[row]})",
            where=str(table.root),
            remedy="restore the images, or remove the class",
        )
    hashes = tuple(h for row, h in enumerate(decoded.hashes) if row not in decoded.corrupt)
    warning = f"left out as unreadable, {len(decoded.corrupt)} of {len(table.samples)} images: "
    warning += corrupt_examples(table, decoded)
    return (
        readable,
        replace(decoded, hashes=hashes, corrupt={}),
        (one_line(warning),),
    )


def corrupt_examples(table: SampleTable, decoded: Decoded) -> str:
    """Return the first corrupt images with their reasons."""
    rows = sorted(decoded.corrupt)[:_EXAMPLES]
    return ", ".join(f"{table.samples[row].path} ({decoded.corrupt[row]})" for row in rows)
