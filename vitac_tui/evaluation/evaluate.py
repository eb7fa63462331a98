"""Evaluate a model on a split."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vitac_tui.evaluation.metrics import Collector, EvalResult
from vitac_tui.models.modes import eval_mode
from vitac_tui.models.precision import Precision, autocast
from vitac_tui.runs.interrupt import Interrupter


def evaluate(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    *,
    classes: Sequence[int],
    images: int,
    split: str,
    device: str | torch.device,
    precision: Precision,
    interrupter: Interrupter | None = None,
    progress: Callable[[int, int], None] | None = None,
    order: NDArray[np.int64] | None = None,
    until: Callable[[NDArray[np.bool_]], bool] | None = None,
) -> EvalResult:
    """Return the scores of a model; its training and evaluation modes are restored.

    Args:
        model: on `device`, in either memory format.
        batches: (images, labels): batch x channels x height x width, normalised, in either memory
            format, and batch, *output* indices; on any device.
        classes: the output index of each dataset class, in the dataset's order.
        images: total number of images, for `progress`.
        split: name of the split, for the record.
        device: where to compute.
        precision: of the network; the loss is always computed in fp32.
        interrupter: checked before every batch.
        progress: called after every batch with (images done, images).
        order: the position of each image in the split, if the batches are not in order. The
            result is always in order.
        until: called after every batch with whether each image so far is correct, in the order
            of the batches. If it returns true, evaluation ends; the result covers these images.

    Raises:
        Interrupted: by `interrupter`.
        ValueError: a label is not among `classes`.
    """
    device = torch.device(device)
    collector = Collector()
    done = 0
    start = perf_counter()
    with eval_mode(model), torch.inference_mode():
        for inputs, labels in batches:
            if interrupter is not None:
                start += interrupter.check()  # time spent paused does not count
            with autocast(device, precision):
                logits = model(inputs.to(device, non_blocking=True))
            collector.add(logits, labels.to(device, non_blocking=True).long())
            done += len(labels)
            if progress is not None:
                progress(done, images)
            if until is not None and until(collector.right()):
                break
        if device.type == "cuda":
            torch.cuda.synchronize(device)
    wall_s = perf_counter() - start
    return collector.result(split=split, classes=classes, wall_s=wall_s, order=order)
