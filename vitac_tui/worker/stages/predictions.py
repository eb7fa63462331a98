"""Write and read the predictions of a model, indexed by row of `samples.csv`."""

from __future__ import annotations

import io
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitac_tui.data.table import SampleTable
from vitac_tui.errors import UserError
from vitac_tui.evaluation.accuracy import Predictions
from vitac_tui.evaluation.groups import group_numbers
from vitac_tui.evaluation.metrics import EvalResult
from vitac_tui.loading.batches import ImageSet
from vitac_tui.runs.directory import RunDir
from vitac_tui.system.atomic import write_atomic
from vitac_tui.system.files import open_regular
from vitac_tui.worker.stages.engine import Engine


def write_predictions(engine: Engine, name: str, result: EvalResult, images: ImageSet) -> None:
    """Write the predictions of a model on a split; `name` is such as `dense.val`."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        row=images.rows.numpy().astype(np.int32),
        top5=result.top5_index,
        probability=result.top5_probability,
        loss=result.image_loss,
    )
    path = engine.run.predictions / f"{name}.npz"
    engine.context.store(lambda: write_atomic(path, buffer.getvalue()))


def read_predictions(
    run: RunDir,
    name: str,
    images: ImageSet,
    table: SampleTable,
    *,
    among: ImageSet | None = None,
) -> Predictions:
    """Return recorded predictions of a run, with the labels and groups of the images.

    Args:
        run: the run.
        name: model and split (`dense.val`).
        images: the images to return.
        table: the sample table of the run.
        among: the recorded images in the table's order, if `images` is a subset of them.

    Raises:
        UserError: the predictions are missing, damaged or of other images.
    """
    path = run.predictions / f"{name}.npz"
    try:
        with (
            os.fdopen(open_regular(path), "rb") as file,
            np.load(file, allow_pickle=False) as arrays,
        ):
            row, top5, probability = (arrays[key] for key in ("row", "top5", "probability"))
    except Exception:  # numpy and zipfile raise many kinds of errors on damaged files
        raise UserError("its predictions cannot be read", where=str(path)) from None
    if not (
        np.array_equal(row, (among or images).rows.numpy())
        and top5.shape == probability.shape
        and top5.ndim == 2
        and len(top5) == len(row)
    ):
        raise UserError("its predictions are not of this run's images", where=str(path))
    if among is not None:
        place = np.searchsorted(row, images.rows.numpy())
        top5, probability = top5[place], probability[place]
    return _predictions(top5, probability, images, table)


def predictions_of(result: EvalResult, images: ImageSet, table: SampleTable) -> Predictions:
    """Return the predictions of a model that was just evaluated, without recording them."""
    return _predictions(result.top5_index, result.top5_probability, images, table)


def _predictions(
    top5: NDArray[Any], probability: NDArray[Any], images: ImageSet, table: SampleTable
) -> Predictions:
    return Predictions(
        labels=images.labels.numpy(),
        predicted=top5[:, :1].reshape(-1).astype(np.int64),
        probability=probability[:, :1].reshape(-1).astype(np.float64),
        groups=group_numbers([table.samples[row].group for row in images.rows.tolist()]),
    )
