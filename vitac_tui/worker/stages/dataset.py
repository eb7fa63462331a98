"""Load the dataset of a run onto the device; its test images require a `Seal`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vitac_tui.audit.fingerprint import fingerprint
from vitac_tui.audit.survey import describe
from vitac_tui.data.read import require_trainable
from vitac_tui.data.samples_csv import write_samples_csv
from vitac_tui.data.table import SPLITS, SampleTable
from vitac_tui.errors import UserError
from vitac_tui.images.builder import drop_corrupt, open_decoded
from vitac_tui.images.spec import ImageSpec
from vitac_tui.loading.batches import Batch, ImageSet
from vitac_tui.loading.residence import on_device
from vitac_tui.models.lineage import Lineage, trained_on
from vitac_tui.runs import events, log
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.rows import DatasetRow
from vitac_tui.training.seeding import generator
from vitac_tui.worker.prepare import Prepared, require_training_images
from vitac_tui.worker.stages.caveats import caveats, is_control
from vitac_tui.worker.stages.seal import Seal, needed


@dataclass(frozen=True)
class Loaded:
    """The images of a run.

    Classes and their names are those of the whole dataset, even if some images could not be read,
    because they determine the network's outputs.

    Attributes:
        table: the samples with readable images.
        summary: the `dataset` part of `results.json`.
        lineage: the lineage of a model that is trained on these images.
        spec: format of the decoded images and their normalisation.
    """

    table: SampleTable
    summary: DatasetRow
    class_ids: tuple[int, ...]
    class_names: tuple[str, ...]
    lineage: Lineage
    spec: ImageSpec
    _pixels: np.ndarray | Tensor
    _labels: Tensor
    _device: torch.device
    _chooses: bool

    def train(self) -> ImageSet:
        """Return the training images."""
        return self._images("train")

    def scored(self) -> ImageSet:
        """Return the images that rows are evaluated on: validation, or test without selections."""
        if self.table.rows("val"):
            return self._images("val")
        if self._chooses:
            raise RuntimeError("a selection would be made on test images")
        return self._images("test")

    def test(self, seal: Seal) -> ImageSet:
        """Return the test images; the seal proves that every selection has been made."""
        if not isinstance(seal, Seal):
            raise TypeError("the test images require a Seal")
        return self._images("test")

    def recovery_batches(self, seed: int, batch_size: int) -> Iterator[Batch]:
        """Yield training batches endlessly, without augmentation and in a separate random order."""
        images = self.train()
        whole = (
            len(images) - len(images) % batch_size
        )  # full batches only, so that they weigh the same

        def picks() -> Iterator[Tensor]:
            round_ = 0
            while len(images):
                order = torch.randperm(len(images), generator=generator(seed, "recovery", round_))
                for start in range(0, whole or len(images), batch_size):
                    yield order[start : start + batch_size]
                round_ += 1

        return images.batches(picks())

    def _images(self, split: str) -> ImageSet:
        rows = torch.tensor(self.table.rows(split), dtype=torch.int64)
        return ImageSet(self._pixels, rows, self._labels[rows], self._device, self.spec)


def _recorded(run: RunDir, found: str) -> DatasetRow | None:
    """Return the dataset description of an earlier process of the run; None if there is none.

    Args:
        run: the run.
        found: the dataset's current fingerprint.

    Raises:
        UserError: the images have changed, so the split and the results would differ.
    """
    for record in log.read(run.events):
        if not isinstance(record.event, events.DatasetReady):
            continue
        if record.event.dataset["fingerprint"] != found:
            raise UserError(
                "the dataset has changed since this run started",
                where=run.name,
                remedy="restore its images and lists, or start a new run",
            )
        return record.event.dataset
    return None


def _shuffled(outputs: Tensor, table: SampleTable, seed: int) -> Tensor:
    """Return the outputs with those of the training images shuffled."""
    rows = torch.tensor(table.rows("train"), dtype=torch.int64)
    order = torch.randperm(len(rows), generator=generator(seed, "shuffle_labels"))
    return outputs.index_copy(0, rows, outputs[rows[order]])


def _require_splits(listed: SampleTable, readable: SampleTable) -> None:
    """Check that every split has images left; otherwise test could replace validation."""
    for split in SPLITS:
        if listed.rows(split) and not readable.rows(split):
            raise UserError(
                f"no image of {split} can be decoded, such as "
                f"{listed.samples[listed.rows(split)[0]].path}",
                where=str(listed.root),
                remedy="restore the images, or split them again",
            )


def load(prepared: Prepared, run: RunDir, context: RunContext, *, record: bool = True) -> Loaded:
    """Decode the dataset, drop unreadable images, and write the run's `samples.csv`.

    Args:
        prepared: the checked experiment.
        run: if it has already recorded its dataset, the images must be the same.
        context: of the process.
        record: whether this process may write into the run directory.

    Raises:
        UserError: too many images are corrupt, or the cache's disk is full.
        Interrupted: between two images.
    """
    experiment = prepared.experiment
    report = context.progress.start("decode")
    decoded = open_decoded(
        prepared.table, experiment.dataset, interrupter=context.interrupter, progress=report
    )
    table, decoded, dropped = drop_corrupt(prepared.table, decoded)
    _require_splits(prepared.table, table)
    require_training_images(experiment, table)
    if experiment.trains:
        require_trainable(table)
    index = dict(zip(prepared.table.class_ids, prepared.outputs, strict=True))
    outputs = torch.tensor([index[sample.label] for sample in table.samples], dtype=torch.int64)
    if experiment.dataset.shuffle_labels:
        outputs = _shuffled(outputs, table, experiment.dataset.split.seed)
    report = context.progress.start("compare")

    def compared(done: int, total: int) -> None:
        context.interrupter.check()
        report(done, total)

    summary = _recorded(run, fingerprint(table, decoded.hashes))
    if summary is None:
        _, found = describe(
            experiment.dataset, prepared.table, table, decoded, dropped, progress=compared
        )
        summary = {**found, "marks": caveats(prepared), "control": is_control(prepared)}
    if record:
        context.store(lambda: write_samples_csv(run.samples, table, decoded.hashes))
    return Loaded(
        table,
        summary,
        prepared.table.class_ids,
        prepared.table.class_names,
        trained_on(
            (decoded.hashes[row] for row in table.rows("train")),
            shuffled=experiment.dataset.shuffle_labels,
        ),
        decoded.spec,
        on_device(decoded.pixels, prepared.picked.device),
        outputs,
        prepared.picked.device,
        bool(needed(experiment)),
    )
