"""Batches on the device, from the decoded uint8 images.

Images stay uint8 until they are on the device; there they are normalised as the study did
(ImageNet mean and std) in channels-last layout, which the decoded array already has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from vitac_tui.images.mapped import reading_ahead
from vitac_tui.loading.augment import Augment
from vitac_tui.loading.residence import sent

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

Batch = tuple[Tensor, Tensor]  # images float32 [B, 3, S, S] channels-last; labels int64 [B]


@dataclass(frozen=True)
class ImageSet:
    """The images of one split, as the engine sees them.

    Attributes:
        pixels: all images of the dataset, uint8 [N, S, S, 3]: an array, which may be memory-mapped,
            or a tensor on the device (`residence.on_device`).
        rows: indices into `pixels` of this split's images, int64 [n].
        labels: model output index of each of those images, int64 [n].
        device: where batches go.
    """

    pixels: np.ndarray | Tensor
    rows: Tensor
    labels: Tensor
    device: torch.device

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, positions: Tensor) -> ImageSet:
        """The images at these positions (int64 [m]) of this split, in their order."""
        return replace(self, rows=self.rows[positions], labels=self.labels[positions])

    def ordered(self, batch_size: int) -> Callable[[], Iterator[Batch]]:
        """Batches in table order, as often as called: for evaluation."""
        starts = range(0, len(self), batch_size)
        return lambda: self.batches(
            torch.arange(start, min(start + batch_size, len(self))) for start in starts
        )

    def batches(self, picks: Iterable[Tensor], augment: Augment | None = None) -> Iterator[Batch]:
        """`batch` of each of `picks` in turn; from a disk, the next is read while one is used."""
        if isinstance(self.pixels, np.ndarray):
            picks = reading_ahead(self.pixels, picks, lambda picked: self.rows[picked].numpy())
        for picked in picks:
            yield self.batch(picked, augment)

    def batch(self, picked: Tensor, augment: Augment | None = None) -> Batch:
        """The images at positions `picked` (int64 [B]) of this split."""
        images = normalise(self._gather(self.rows[picked]))
        if augment is not None:
            images = augment.apply(images, picked)
        return images, sent(self.labels[picked], self.device)

    def _gather(self, rows: Tensor) -> Tensor:
        if isinstance(self.pixels, Tensor):
            return self.pixels[sent(rows, self.pixels.device)]
        return sent(torch.from_numpy(self.pixels[rows.numpy()]), self.device)


def normalise(pixels: Tensor) -> Tensor:
    """uint8 [B, S, S, 3] to float32 [B, 3, S, S], channels-last: `ToTensor` and `Normalize`.

    The same arithmetic in the same order as torchvision's, so values agree to the last bit.
    """
    images = pixels.permute(0, 3, 1, 2).float().div_(255)
    mean, std = _statistics(images.device)
    return images.sub_(mean).div_(std)


@cache
def _statistics(device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and std on the device, made once: to make them there is to wait for it."""
    with torch.inference_mode(False):  # an evaluation may come first, a training later
        mean = torch.tensor(IMAGENET_MEAN, device=device).view(1, 3, 1, 1)
        std = torch.tensor(IMAGENET_STD, device=device).view(1, 3, 1, 1)
    return mean, std


def bounds(images: int, batch_size: int) -> list[tuple[int, int]]:
    """Start and end of each batch of a pass.

    A last batch of one joins the one before it, since batch-norm cannot train on one image.
    """
    edges = list(range(0, images, batch_size))
    if len(edges) > 1 and images - edges[-1] == 1:
        edges.pop()
    return list(zip(edges, [*edges[1:], images], strict=True))
