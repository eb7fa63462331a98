"""Decoded images on disk: what a cached set is called, how it lies there, how it is read.

A set is a folder `<cache root>/images/<key>/` with two files:

- `pixels.u8`: the readable images one after the other, uint8 [size, size, channels] each;
- `index.json`: size and number, the content hash of every image, the reason for each unreadable
  one, and a checksum of each image's pixels.

The folder appears by one rename when both are complete; their content is never changed afterwards,
and the time of `index.json` is that of the last use.
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
_PROBES = 16  # images whose checksum is compared when a set is opened


@dataclass(frozen=True)
class Decoded:
    """The decoded images of a table.

    Attributes:
        pixels: uint8 [readable images, size, size, channels], read-only, in the table's order.
            If `corrupt` is not empty, the table has more rows; `drop_corrupt` removes these.
        hashes: content hash of each row of the table, blake2b-128 of the file's bytes in hex; ""
            for a file that cannot be read.
        corrupt: row of the table to the reason why it has no pixels.
        spec: what they were decoded to.
        built: whether images were decoded just now, rather than taken from the cache.
    """

    pixels: Pixels
    hashes: tuple[str, ...]
    corrupt: Mapping[int, str]
    spec: ImageSpec
    built: bool


@dataclass(frozen=True)
class Index:
    """What `index.json` holds: an entry a row of the table, and a checksum a stored image."""

    size: int
    hashes: tuple[str, ...]
    corrupt: Mapping[int, str]
    checksums: tuple[int, ...]

    @property
    def stored(self) -> int:
        """Number of images in the pixels' file."""
        return len(self.hashes) - len(self.corrupt)


def content_hash(data: bytes) -> str:
    """blake2b-128 of a file's bytes, in hex."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def checksum(pixels: Pixels) -> int:
    """CRC-32 of one decoded image, to find torn storage."""
    return zlib.crc32(pixels.data)


def cache_key(table: SampleTable, spec: ImageSpec) -> str:
    """Return the name of the set: a digest of the images' paths, sizes and times, and of `spec`.

    Raises:
        UserError: an image of the table no longer exists.
    """
    source = table.source
    head: tuple[object, ...] = (FORMAT, DECODER, spec.image_size, spec.fit, source.name)
    if spec.channels != 3:  # left out otherwise, so that sets of earlier versions stay in use
        head += (spec.channels,)
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr(head).encode("utf-8", "surrogateescape"))
    for sample in table.samples:
        size, mtime_ns = source.stat(sample.path)
        line = f"{sample.path}\0{size}\0{mtime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def write_index(path: Path, index: Index) -> None:
    """Write `index.json`, through to the disk."""
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
    """Open a cached set, or None when there is none or it is torn.

    The pixels' file must have exactly the length that the index tells, the index its own digest,
    and the checksums of a few images spread over the file must be right.

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
    with suppress(OSError):  # somebody else's cache
        os.utime(folder / INDEX_NAME)  # when it was last used
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
    """The table without some of its rows."""
    gone = set(rows)
    kept = tuple(sample for row, sample in enumerate(table.samples) if row not in gone)
    return replace(table, samples=kept)


def drop_corrupt(
    table: SampleTable, decoded: Decoded
) -> tuple[SampleTable, Decoded, tuple[str, ...]]:
    """Leave out what could not be decoded.

    Returns:
        The table without its corrupt images, the decoded images that belong to its rows, and a
        warning that counts and names what was left out, if anything was.

    Raises:
        UserError: nothing is left of a class.
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
            f"{f', nor of {others} more classes' if others else ''}: "
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
    """The first corrupt images with their reasons."""
    rows = sorted(decoded.corrupt)[:_EXAMPLES]
    return ", ".join(f"{table.samples[row].path} ({decoded.corrupt[row]})" for row in rows)
