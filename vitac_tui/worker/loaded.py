"""The dataset of a run, decoded and on the device; its test images are behind the seal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitac_tui.data.findings import fingerprint, verdict, warnings_of
from vitac_tui.data.read import require_trainable
from vitac_tui.data.samples_csv import write_samples_csv
from vitac_tui.data.table import SampleTable
from vitac_tui.loading.batches import Batch, ImageSet, output_indices
from vitac_tui.loading.cache_builder import drop_corrupt, open_decoded
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.directory import RunDir
from vitac_tui.training.seeding import generator
from vitac_tui.worker.prepare import Prepared, split_counts
from vitac_tui.worker.seal import Seal, needed


@dataclass(frozen=True)
class Loaded:
    """The images of a run.

    Attributes:
        table: the samples whose images could be read.
        summary: the `dataset` part of `results.json`.
        hashes: content hash of each sample.
    """

    table: SampleTable
    summary: dict[str, Any]
    hashes: tuple[str, ...]
    _pixels: np.ndarray
    _labels: Tensor
    _device: torch.device
    _chooses: bool

    def train(self) -> ImageSet:
        """The training images."""
        return self._images("train")

    def scored(self) -> ImageSet:
        """The images that every row is scored on: validation, or test where nothing is chosen."""
        if self.table.rows("val"):
            return self._images("val")
        if self._chooses:
            raise RuntimeError("a choice would be made on test images")
        return self._images("test")

    def test(self, seal: Seal) -> ImageSet:
        """The test images; the seal proves that nothing can be chosen by them any more."""
        if not isinstance(seal, Seal):
            raise TypeError("the test images open to a Seal alone")
        return self._images("test")

    def recovery_batches(self, seed: int, batch_size: int) -> Iterator[Batch]:
        """Training batches without end and without augmentation, in an order of their own."""
        images, round_ = self.train(), 0
        while True:
            order = torch.randperm(len(images), generator=generator(seed, "recovery", round_))
            for start in range(0, len(images), batch_size):
                yield images.batch(order[start : start + batch_size])
            round_ += 1

    def _images(self, split: str) -> ImageSet:
        rows = torch.tensor(self.table.rows(split), dtype=torch.int64)
        return ImageSet(self._pixels, rows, self._labels[rows], self._device)


def load(prepared: Prepared, run: RunDir, context: RunContext) -> Loaded:
    """Decode the dataset, drop what cannot be read, and write the run's `samples.csv`.

    Raises:
        UserError: too many images are corrupt, or the cache has no room.
        Interrupted: between two images.
    """
    experiment = prepared.experiment
    report = context.progress.start("decode")
    decoded = open_decoded(
        prepared.table, experiment.dataset, interrupter=context.interrupter, progress=report
    )
    table, decoded, dropped = drop_corrupt(prepared.table, decoded)
    if experiment.trains:
        require_trainable(table)
    write_samples_csv(run.samples, table, decoded.hashes)
    labels = [sample.label for sample in table.samples]
    counts = split_counts(table)
    summary = {
        "layout": experiment.dataset.layout,
        "modality": experiment.dataset.modality,
        "classes": len(table.class_ids),
        "class_names": list(table.class_names),
        "images": {split: count["images"] for split, count in counts.items()},
        "groups": {split: count["groups"] for split, count in counts.items()},
        "corrupt": len(prepared.table.samples) - len(table.samples),
        "fingerprint": fingerprint(table, decoded.hashes),
        "warnings": [*dropped, *table.warnings, *warnings_of(table, decoded.hashes)],
        "verdict": verdict(table, decoded.hashes),
    }
    return Loaded(
        table,
        summary,
        tuple(decoded.hashes),
        decoded.pixels,
        output_indices(labels, table.class_ids, prepared.num_classes),
        prepared.picked.device,
        bool(needed(experiment)),
    )
