"""Decoding all images of a table once, in parallel, into the cache or into memory."""

from __future__ import annotations

import errno
import os
import shutil
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from vitac_tui.data.source import CorruptImage, ImageSource
from vitac_tui.data.table import SampleTable
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import DatasetSettings
from vitac_tui.images.cache import (
    IMAGES_FOLDER,
    INDEX_NAME,
    PIXELS_NAME,
    Decoded,
    Index,
    cache_key,
    checksum,
    content_hash,
    corrupt_examples,
    drop_corrupt,
    open_cached,
    write_index,
)
from vitac_tui.images.cache_folder import building_folder, publish, remove_abandoned
from vitac_tui.images.images import Pixels, decode_content
from vitac_tui.images.spec import ImageSpec, image_spec
from vitac_tui.runs.interrupt import Interrupter
from vitac_tui.system.dirs import cache_root
from vitac_tui.system.memory import available_memory

__all__ = ["Decoded", "drop_corrupt", "open_decoded"]

Progress = Callable[[int, int], None]  # images done, total

_WHERE = "dataset.cache"
_QUEUE_PER_WORKER = 8  # decoded images that may wait for the writer
_MEMORY_SHARE = 0.8  # of the free memory; the rest is for the model and its batches
_INDEX_BYTES_PER_IMAGE = 64


def open_decoded(
    table: SampleTable,
    dataset: DatasetSettings,
    *,
    interrupter: Interrupter | None = None,
    progress: Progress | None = None,
) -> Decoded:
    """Return the decoded images of a table, from the cache or by decoding them.

    Several processes may decode the same images at a time; the first result is kept.

    Args:
        table: the samples.
        dataset: size, fit, cache and the accepted fraction of corrupt images.
        interrupter: checked before every image.
        progress: called with the number of images done and in total, while decoding.

    Returns:
        The images. If some are corrupt, `drop_corrupt` removes these from the table.

    Raises:
        UserError: too little disk space or memory, a cache that cannot be written, too many
            corrupt images, an image that no longer exists.
        Interrupted: by `interrupter`. No partial result is left.
    """
    spec = image_spec(table, dataset)
    job = _Job(table, table.source, spec, interrupter or Interrupter(), progress)
    root = cache_root(dataset.cache)
    decoded = _in_memory(job) if root is None else _in_folder(job, root / IMAGES_FOLDER)
    _require_few_corrupt(table, decoded, dataset.max_corrupt)
    return decoded


def require_cache(table: SampleTable, dataset: DatasetSettings) -> None:
    """Check before a run that the images are in the cache, or that it can be written.

    Raises:
        UserError: neither is true.
    """
    root = cache_root(dataset.cache)
    if root is None:
        return
    images = root / IMAGES_FOLDER
    try:
        images.mkdir(parents=True, exist_ok=True)
        with building_folder(images):
            pass
    except OSError as problem:
        spec = image_spec(table, dataset)
        if open_cached(images / cache_key(table, spec), len(table.samples), spec) is None:
            raise _not_writable(images, problem) from None


def content_hashes(
    table: SampleTable, dataset: DatasetSettings, rows: Sequence[int]
) -> dict[int, str]:
    """Return the content hash of some rows, from the cache or by reading only these images.

    The hash of an unreadable image is "".
    """
    root = cache_root(dataset.cache)
    if root is not None:
        spec = image_spec(table, dataset)
        folder = root / IMAGES_FOLDER / cache_key(table, spec)
        if cached := open_cached(folder, len(table.samples), spec):
            return {row: cached.hashes[row] for row in rows}
    source = table.source
    paths = [table.samples[row].path for row in rows]
    with ThreadPoolExecutor(_workers(), thread_name_prefix="hash") as pool:
        hashes = pool.map(lambda path: _hash(source, path), paths)
        return dict(zip(rows, hashes, strict=True))


@dataclass(frozen=True)
class _Job:
    """What to decode, and what to call between images."""

    table: SampleTable
    source: ImageSource
    spec: ImageSpec
    interrupter: Interrupter
    progress: Progress | None

    @property
    def bytes(self) -> int:
        return len(self.table.samples) * self.spec.bytes


class _Sink(Protocol):
    def write(self, pixels: Pixels) -> None: ...


def _in_memory(job: _Job) -> Decoded:
    available = available_memory()
    if available is not None and job.bytes > _MEMORY_SHARE * available:
        raise UserError(
            f"the decoded images need {_size(job.bytes)} of memory; {_size(available)} are free",
            where=_WHERE,
            remedy='set it to "auto" or a folder, or reduce dataset.image_size',
        )
    sink = _MemorySink(np.empty((len(job.table.samples), *job.spec.shape), np.uint8))
    index = _decode_all(job, sink)
    pixels = sink.pixels[: sink.count]
    pixels.flags.writeable = False
    return Decoded(pixels, index.hashes, index.corrupt, job.spec, built=True)


def _in_folder(job: _Job, images: Path) -> Decoded:
    rows = len(job.table.samples)
    target = images / cache_key(job.table, job.spec)
    if cached := open_cached(target, rows, job.spec):
        return cached
    try:
        images.mkdir(parents=True, exist_ok=True)
        remove_abandoned(images)
        _require_space(job, images)
        with building_folder(images) as folder:
            with (folder / PIXELS_NAME).open("wb") as file:
                index = _decode_all(job, _FileSink(file))
                file.flush()
                os.fsync(file.fileno())
            write_index(folder / INDEX_NAME, index)
            publish(folder, target, lambda there: open_cached(there, rows, job.spec) is not None)
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_space(images, job.bytes, shutil.disk_usage(images).free) from None
        raise _not_writable(images, problem) from None
    built = open_cached(target, rows, job.spec)
    if built is None:
        raise UserError(
            f"the images written to {str(target)!r} differ when they are read again",
            where=_WHERE,
            remedy="check the disk, or choose another folder",
        )
    return replace(built, built=True)


def _decode_all(job: _Job, sink: _Sink) -> Index:
    """Decode every image and write the readable ones to the sink, in the table's order."""
    hashes: list[str] = []
    checksums: list[int] = []
    corrupt: dict[int, str] = {}
    total = len(job.table.samples)
    with warnings.catch_warnings(action="ignore"):  # Pillow's; corrupt images are counted
        for row, result in enumerate(_results(job)):
            hashes.append(result.content_hash)
            if result.pixels is None:
                corrupt[row] = result.reason
            else:
                sink.write(result.pixels)
                checksums.append(result.checksum)
            if job.progress is not None:
                job.progress(row + 1, total)
    return Index(job.spec.image_size, tuple(hashes), corrupt, tuple(checksums))


@dataclass(frozen=True)
class _Result:
    content_hash: str
    pixels: Pixels | None = None
    checksum: int = 0
    reason: str = ""


def _results(job: _Job) -> Iterator[_Result]:
    """Yield results in the table's order. Threads suffice: Pillow and hashlib release the GIL."""
    workers = _workers()
    waiting: deque[Future[_Result]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="decode")
    try:
        for sample in job.table.samples:
            job.interrupter.check()
            waiting.append(pool.submit(_decode_one, job, sample.path))
            if len(waiting) >= _QUEUE_PER_WORKER * workers:
                yield waiting.popleft().result()
        while waiting:
            job.interrupter.check()
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _decode_one(job: _Job, path: str) -> _Result:
    name = ""
    try:
        content = job.source.read(path)
        name = content_hash(content)
        pixels = decode_content(job.source, content, path, job.spec)
    except CorruptImage as problem:
        return _Result(name, reason=problem.reason)
    return _Result(name, pixels, checksum(pixels))


def _hash(source: ImageSource, path: str) -> str:
    try:
        return content_hash(source.read(path))
    except CorruptImage:
        return ""


def _workers() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class _MemorySink:
    pixels: Pixels
    count: int = field(default=0)

    def write(self, pixels: Pixels) -> None:
        self.pixels[self.count] = pixels
        self.count += 1


@dataclass(frozen=True)
class _FileSink:
    # Written, not mapped: on a full disk, writing raises an error, but a map kills the process.
    file: BinaryIO

    def write(self, pixels: Pixels) -> None:
        self.file.write(pixels.data)


def _require_space(job: _Job, images: Path) -> None:
    needed = job.bytes + _INDEX_BYTES_PER_IMAGE * len(job.table.samples)
    free = shutil.disk_usage(images).free
    if needed > free:
        raise _no_space(images, needed, free)


def _no_space(images: Path, needed: int, free: int) -> UserError:
    return UserError(
        f"the decoded images need {_size(needed)} in {str(images)!r}, and {_size(free)} are free",
        where=_WHERE,
        remedy='free disk space, set another folder or "off", or reduce dataset.image_size',
    )


def _not_writable(images: Path, problem: OSError) -> UserError:
    return UserError(
        f"{str(images)!r} cannot be written ({problem.strerror})",
        where=_WHERE,
        remedy='set another folder, or "off" to keep images in memory',
    )


def _require_few_corrupt(table: SampleTable, decoded: Decoded, max_corrupt: float) -> None:
    count, total = len(decoded.corrupt), len(table.samples)
    if count <= max_corrupt * total and count < total:
        return
    more = f", or raise dataset.max_corrupt ({max_corrupt:g})" if count < total else ""
    raise UserError(
        f"{count} of {total} images cannot be decoded: {corrupt_examples(table, decoded)}",
        where=str(table.root),
        remedy=f"repair or remove them{more}",
    )


def _size(number: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
