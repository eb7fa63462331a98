"""Measure a dataset that does not fit into memory: decoding, passes, training, and the disk.

python benchmarks/beyond_memory.py ROOT CACHE SIZE      (prints rates in images/s as JSON)

`scaling.py --memory-limit` runs it where only a part of the decoded images fits. The disk's own
rates come from reads that bypass the page cache (O_DIRECT) in the same file: in order, in blocks of
4 MiB; and at the positions of random images, with the number of parallel reads that is fastest.
"""

import json
import mmap
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import checkout  # noqa: F401
import numpy as np
import torch
from torch.nn import functional

from vitac_tui.data.read import read_dataset
from vitac_tui.experiment.dataset import FolderLayout
from vitac_tui.images.builder import open_decoded
from vitac_tui.images.cache import PIXELS_NAME
from vitac_tui.loading.batches import Batch, ImageSet
from vitac_tui.models.build import build
from vitac_tui.models.precision import autocast
from vitac_tui.training.devices import pick
from vitac_tui.training.memory import keep_freed_memory

BATCH, EVALUATION_BATCH, CLASSES = 64, 128, 12
STEPS, ROUNDS = 6, 3
DRAWN = 3000  # images that are read at random
AT_A_TIME = (1, 8, 32)
BLOCK = 2**22


def status_mb(name: str) -> float:
    """Return a number of /proc/self/status in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1000


def rate(images: int, work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return images / (time.perf_counter() - begun)


def exhaust(batches: Iterable[Batch]) -> None:
    for _ in batches:
        pass


def disk(path: Path, image: int, count: int) -> dict[str, float]:
    """Return the disk's own rates, in images of `image` bytes per second."""
    file = os.open(path, os.O_RDONLY | os.O_DIRECT)
    page, size = mmap.PAGESIZE, path.stat().st_size

    def read(place: int, length: int) -> None:
        with mmap.mmap(-1, length) as aligned:
            os.preadv(file, [aligned], place)

    def in_order() -> None:
        for place in range(0, size, BLOCK):
            read(place, BLOCK)

    found = {"disk, in order": rate(count, in_order), "disk, at random": 0.0}
    length = (image // page + 2) * page
    for workers in AT_A_TIME:
        drawn = np.random.default_rng(workers).integers(0, count, DRAWN)
        places = [row * image // page * page for row in drawn.tolist()]
        with ThreadPoolExecutor(workers) as pool:
            begun = time.perf_counter()
            list(pool.map(lambda place: read(place, length), places))
            made = DRAWN / (time.perf_counter() - begun)
        found["disk, at random"] = max(found["disk, at random"], made)
    os.close(file)
    return found


class Training:
    """Steps of a ResNet18 on random images, from the file and from memory."""

    def __init__(self, images: ImageSet) -> None:
        torch.manual_seed(0)
        self._images = images
        self._model = build("resnet18", CLASSES).to(memory_format=torch.channels_last).train()
        self._optimizer = torch.optim.Adam(self._model.parameters(), 1e-3)
        self._precision = pick("cpu", "auto").precision

    def rates(self) -> tuple[float, float]:
        """Return images per second from the file and from memory, medians of alternate rounds."""
        self._steps(self._images, self._drawn(1))
        found = [(self._from_file(), self._from_memory()) for _ in range(ROUNDS)]
        from_file, from_memory = np.median(found, axis=0).tolist()
        return from_file, from_memory

    def _from_file(self) -> float:
        picks = self._drawn(STEPS)
        return rate(STEPS * BATCH, lambda: self._steps(self._images, picks))

    def _from_memory(self) -> float:
        (picked,) = self._drawn(STEPS, STEPS * BATCH)
        few, every = self._images, torch.arange(len(picked))
        pixels = few.pixels[picked.numpy()]
        copies = ImageSet(pixels, every, few.labels[picked], few.device, few.spec)
        return rate(len(picked), lambda: self._steps(copies, every.split(BATCH)))

    def _drawn(self, steps: int, batch: int = BATCH) -> tuple[torch.Tensor, ...]:
        return torch.randperm(len(self._images))[: STEPS * BATCH].split(batch)[:steps]

    def _steps(self, images: ImageSet, picks: Iterable[torch.Tensor]) -> None:
        for inputs, labels in images.batches(picks):
            with autocast(inputs.device, self._precision):
                outputs = self._model(inputs)
            self._optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(outputs.float(), labels).backward()
            self._optimizer.step()


def measure(root: Path, cache: Path, size: int) -> dict[str, float]:
    keep_freed_memory()
    dataset = FolderLayout(layout="folder", root=str(root), image_size=size, cache=str(cache))
    table = read_dataset(dataset)
    count, found = len(table.samples), {}
    found["decode"] = rate(count, lambda: open_decoded(table, dataset))
    (file,) = cache.rglob(PIXELS_NAME)
    found |= disk(file, size * size * 3, count)
    decoded, rows = open_decoded(table, dataset), torch.arange(count)
    images = ImageSet(decoded.pixels, rows, rows % CLASSES, torch.device("cpu"), decoded.spec)
    found["evaluation pass"] = rate(count, lambda: exhaust(images.ordered(EVALUATION_BATCH)()))
    order = torch.randperm(count)
    found["shuffled pass"] = rate(count, lambda: exhaust(images.batches(order.split(BATCH))))
    few = torch.randperm(count)[:DRAWN].split(BATCH)
    unread = rate(DRAWN, lambda: [images.batch(picked) for picked in few])
    found["shuffled pass, nothing read ahead"] = unread
    found["training"], found["training, from memory"] = Training(images).rates()
    found |= {name: status_mb(name) for name in ("RssAnon", "RssFile", "VmHWM")}
    return found


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))))
