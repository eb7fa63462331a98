"""Collect predictions batch by batch, and compute the metrics once at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from vitac_tui.evaluation.accuracy import NO_PREDICTION
from vitac_tui.runs.rows import MeasuredScores

TOP = 5
BINS = 15  # of the calibration error


@dataclass(frozen=True)
class ClassScore:
    """Number of images of a class, and their top-1 accuracy; None without images."""

    number: int  # index in the dataset's classes
    images: int
    top1: float | None


@dataclass(frozen=True)
class EvalResult:
    """Scores of one model on one split. Accuracies are in [0, 1]; `loss` may be NaN.

    `confusion[i][j]` counts images of dataset class i that were classified as dataset class j.
    There is one more column, "none of these", if the network has outputs without a dataset class
    (a 1000-way head on 100 cloths) or if any image has no finite logits. Each row therefore sums
    to the number of images of its class.

    `top5_index` and `top5_probability` (images x min(5, outputs)) hold *output* indices, best
    first; a row of `NO_PREDICTION` and NaN marks an image without finite logits. They and
    `image_loss` and `right` (images) are in the order of the images given.
    """

    split: str
    images: int
    top1: float  # NaN without images
    top5: float | None  # None with fewer than five classes or outputs
    loss: float
    wall_s: float
    img_per_s: float
    per_class: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    top5_index: NDArray[np.int16 | np.int32] = field(repr=False)
    top5_probability: NDArray[np.float32] = field(repr=False)
    image_loss: NDArray[np.float32] = field(repr=False)
    right: NDArray[np.bool_] = field(repr=False)

    def row(self, class_names: Sequence[str]) -> MeasuredScores:
        """Return the values for an `eval` or `test` row: everything except the arrays."""
        return {
            "split": self.split,
            "images": self.images,
            "top1": self.top1,
            "top5": self.top5,
            "loss": self.loss,
            "ece": calibration_error(self.top5_probability, self.right),
            "wall_s": self.wall_s,
            "img_per_s": self.img_per_s,
            "per_class": [
                {"class": class_names[score.number], "images": score.images, "top1": score.top1}
                for score in self.per_class
            ],
            "confusion": [list(counts) for counts in self.confusion],
        }


class Collector:
    """Keeps the predictions on the device, so that batches need not wait for a transfer."""

    def __init__(self) -> None:
        self._labels: list[Tensor] = []
        self._index: list[Tensor] = []
        self._probability: list[Tensor] = []
        self._loss: list[Tensor] = []
        self._outputs = 0

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Add one batch.

        Args:
            logits: batch x outputs, any float type.
            labels: batch, output indices.
        """
        logits = logits.float()
        self._outputs = logits.shape[1]
        # topk ranks NaN highest, so an image with NaN logits could count as correct.
        broken = ~logits.isfinite().all(dim=1)
        probability, index = logits.softmax(dim=1).topk(min(TOP, self._outputs), dim=1)
        loss = functional.cross_entropy(logits, labels, reduction="none")
        self._labels.append(labels)
        self._index.append(index.masked_fill(broken[:, None], NO_PREDICTION))
        self._probability.append(probability.masked_fill(broken[:, None], torch.nan))
        self._loss.append(loss.masked_fill(broken, torch.nan))

    def right(self) -> NDArray[np.bool_]:
        """Return whether each image so far is correct, in batch order; waits for the device."""
        found = [index[:, 0] == of for index, of in zip(self._index, self._labels, strict=True)]
        return _gather(found, (0,)).astype(np.bool_)

    def result(
        self,
        *,
        split: str,
        classes: Sequence[int],
        wall_s: float,
        order: NDArray[np.int64] | None = None,
    ) -> EvalResult:
        """Return the scores of all batches.

        Args:
            split: name of the split, for the record.
            classes: the output index of each dataset class, in the dataset's order.
            wall_s: duration of the evaluation.
            order: positions of the images in the split. The result is in the order of positions
                and bit-identical to an evaluation in that order.

        Raises:
            ValueError: a label is not among `classes`.
        """
        labels = _gather(self._labels, (0,)).astype(np.int64)
        index = _gather(self._index, (0, 0)).astype(np.int64)
        probability = _gather(self._probability, (0, 0)).astype(np.float32)
        loss = _gather(self._loss, (0,)).astype(np.float32)
        if order is not None:
            place = np.argsort(order[: len(labels)])
            labels, index, probability, loss = (
                labels[place], index[place], probability[place], loss[place]
            )  # fmt: skip
        predicted = index[:, 0] if index.size else np.empty(0, np.int64)
        right = predicted == labels
        images, correct = len(labels), int(right.sum())
        small = self._outputs <= np.iinfo(np.int16).max
        confusion = _confusion(labels, predicted, classes, self._outputs)
        return EvalResult(
            split=split,
            images=images,
            top1=correct / images if images else float("nan"),
            top5=_top5(index, labels, classes),
            loss=float(loss.mean(dtype=np.float64)) if images else float("nan"),
            wall_s=wall_s,
            img_per_s=images / wall_s if wall_s > 0 else 0.0,
            per_class=_per_class(confusion),
            confusion=tuple(tuple(int(count) for count in counts) for counts in confusion),
            top5_index=index.astype(np.int16 if small else np.int32),
            top5_probability=probability,
            image_loss=loss,
            right=right,
        )


def calibration_error(
    probability: NDArray[np.float32], right: NDArray[np.bool_], bins: int = BINS
) -> float | None:
    """Return the expected calibration error of top-1; None without predictions.

    Images are sorted into bins of equal width by the probability of their best class. The error is
    the mean of each bin's distance between mean probability and accuracy, weighted by its images.
    Source: C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.

    Args:
        probability: images x at least 1, best first; NaN where there is no prediction.
        right: whether each image is classified correctly.
        bins: number of bins.
    """
    best = probability[:, :1].reshape(-1).astype(np.float64)
    known = np.isfinite(best)
    best, hit = best[known], right[known].astype(np.float64)
    if not len(best):
        return None
    place = np.clip(np.ceil(best * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.bincount(place, weights=best, minlength=bins) - np.bincount(
        place, weights=hit, minlength=bins
    )
    return float(np.abs(gaps).sum() / len(best))


def _gather(parts: list[Tensor], empty: tuple[int, ...]) -> NDArray[Any]:
    array: NDArray[Any] = torch.cat(parts).cpu().numpy() if parts else np.empty(empty)
    return array


def _top5(
    index: NDArray[np.int64], labels: NDArray[np.int64], classes: Sequence[int]
) -> float | None:
    if len(classes) < TOP or index.shape[1] < TOP or not len(labels):
        return None
    return float((index == labels[:, None]).any(axis=1).mean())


def _confusion(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[int], outputs: int
) -> NDArray[np.int64]:
    count = len(classes)
    # One entry more than outputs, so that NO_PREDICTION (-1) also maps to "none of these".
    number = np.full(max(outputs, max(classes, default=0) + 1) + 1, count)
    number[list(classes)] = np.arange(count)
    rows, columns = number[labels], number[predicted]
    if (rows == count).any():
        stray = sorted(set(labels[rows == count].tolist()))
        raise ValueError(f"labels {stray} are not among the dataset's classes")
    counts = np.bincount(rows * (count + 1) + columns, minlength=count * (count + 1))
    table = counts.reshape(count, count + 1)
    return table if outputs > count or table[:, count].any() else table[:, :count]


def _per_class(confusion: NDArray[np.int64]) -> tuple[ClassScore, ...]:
    return tuple(
        ClassScore(
            number,
            int(counts.sum()),
            float(counts[number] / counts.sum()) if counts.sum() else None,
        )
        for number, counts in enumerate(confusion)
    )
