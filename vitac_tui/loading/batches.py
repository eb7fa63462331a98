"""Making batches on the device from decoded uint8 images.

Images stay uint8 until they are on the device. There they are normalised as their `ImageSpec` says,
in channels-last layout, which the decoded array already has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from vitac_tui.images.mapped import reading_ahead
from vitac_tui.images.spec import ImageSpec
from vitac_tui.loading.augment import Augmentation
from vitac_tui.loading.residence import sent

Batch = tuple[Tensor, Tensor]  # images float32 [B, C, S, S] channels-last; labels int64 [B]


@dataclass(frozen=True)
class ImageSet:
    """The images of one split.

    Attributes:
        pixels: all images of the dataset, uint8 [N, S, S, C]: an array, which may be memory-mapped,
            or a tensor on the device (`residence.on_device`).
        rows: indices into `pixels` of this split's images, int64 [n].
        labels: model output index of each of those images, int64 [n].
        device: of the batches.
        spec: how pixels are normalised.
    """

    pixels: np.ndarray | Tensor
    rows: Tensor
    labels: Tensor
    device: torch.device
    spec: ImageSpec

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, positions: Tensor) -> ImageSet:
        """Return the images at these positions (int64 [m]) of this split, in that order."""
        return replace(self, rows=self.rows[positions], labels=self.labels[positions])

    def ordered(self, batch_size: int) -> Callable[[], Iterator[Batch]]:
        """Return a function that yields all images in table order, for evaluation."""
        starts = range(0, len(self), batch_size)
        return lambda: self.batches(
            torch.arange(start, min(start + batch_size, len(self))) for start in starts
        )

    def batches(
        self, picks: Iterable[Tensor], augment: Augmentation | None = None
    ) -> Iterator[Batch]:
        """Yield `batch` of each of `picks`; the next batch is read ahead from the disk."""
        if isinstance(self.pixels, np.ndarray):
            picks = reading_ahead(self.pixels, picks, lambda picked: self.rows[picked].numpy())
        for picked in picks:
            yield self.batch(picked, augment)

    def batch(self, picked: Tensor, augment: Augmentation | None = None) -> Batch:
        """Return images and labels at positions `picked` (int64 [B]) of this split."""
        images = normalise(self._gather(self.rows[picked]), self.spec)
        if augment is not None:
            images = augment.apply(images, picked)
        return images, sent(self.labels[picked], self.device)

    def _gather(self, rows: Tensor) -> Tensor:
        if isinstance(self.pixels, Tensor):
            return self.pixels[sent(rows, self.pixels.device)]
        return sent(torch.from_numpy(self.pixels[rows.numpy()]), self.device)


def normalise(pixels: Tensor, spec: ImageSpec) -> Tensor:
    """Turn uint8 [B, S, S, C] into normalised float32 [B, C, S, S], channels-last.

    The same arithmetic in the same order as torchvision's `ToTensor` and `Normalize`, so the values
    are equal to the last bit.
    """
    images = pixels.permute(0, 3, 1, 2).float().div_(255)
    mean = _on_device(spec.mean, images.device)
    std = _on_device(spec.std, images.device)
    return images.sub_(mean).div_(std)


@cache
def _on_device(values: tuple[float, ...], device: torch.device) -> Tensor:
    """Return one value per channel, [1, C, 1, 1]; made once, since a transfer waits for the GPU."""
    with torch.inference_mode(False):  # an evaluation may come first, a training later
        return torch.tensor(values, device=device).view(1, -1, 1, 1)


def bounds(images: int, batch_size: int) -> list[tuple[int, int]]:
    """Return start and end of each batch of a pass.

    If the last batch has only one image, it joins the batch before it, since batch normalisation
    cannot train on one image.
    """
    edges = list(range(0, images, batch_size))
    if len(edges) > 1 and images - edges[-1] == 1:
        edges.pop()
    return list(zip(edges, [*edges[1:], images], strict=True))
