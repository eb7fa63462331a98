"""Random changes of training images: the functions that `dataset.augment` names.

Each is called once per epoch, as `function(images, modality, generator)`, and draws all of the
epoch's random numbers at once, one row per image. So the change of an image depends on the seed and
the epoch alone, not on the batch that it is in, nor on where a run was resumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from vitac_tui.loading.residence import sent

SMALLEST_CROP = 0.75  # side of the smallest crop, as a share of the image's
BRIGHTNESS = 0.15  # standard deviations of the normalised input
CONTRAST = 0.15


class Augmentation(Protocol):
    """The changes of all training images in one epoch."""

    def apply(self, images: Tensor, picked: Tensor) -> Tensor:
        """Change images.

        Args:
            images: normalised, float32 [B, C, S, S], channels-last; may be overwritten.
            picked: which training images these are, int64 [B].

        Returns:
            The changed images, of the same shape and memory format.
        """
        ...


def none(images: int, modality: str, generator: torch.Generator) -> None:
    """Change nothing."""


@dataclass(frozen=True)
class CropsAndLight:
    """Random crops, flips, brightness and contrast.

    Attributes:
        draws: float32 [n, 7] in [0, 1), one row per training image. Columns: scale, horizontal and
            vertical position, horizontal and vertical flip, brightness, contrast.
        flips: whether images are flipped.
    """

    draws: Tensor
    flips: bool

    def apply(self, images: Tensor, picked: Tensor) -> Tensor:
        """Crop, flip and relight images [B, C, S, S]."""
        draws = sent(self.draws[picked], images.device)
        scale = SMALLEST_CROP + (1 - SMALLEST_CROP) * draws[:, 0]
        room = 1 - scale
        grid = images.new_zeros(len(images), 2, 3)
        grid[:, 0, 0] = scale * self._sign(draws[:, 3])
        grid[:, 1, 1] = scale * self._sign(draws[:, 4])
        grid[:, 0, 2] = room * (2 * draws[:, 1] - 1)
        grid[:, 1, 2] = room * (2 * draws[:, 2] - 1)
        field = functional.affine_grid(grid, list(images.shape), align_corners=False)
        moved = functional.grid_sample(
            images, field, mode="bilinear", padding_mode="border", align_corners=False
        )
        brightness = BRIGHTNESS * (2 * draws[:, 5] - 1)
        contrast = 1 + CONTRAST * (2 * draws[:, 6] - 1)
        changed = moved * contrast.view(-1, 1, 1, 1) + brightness.view(-1, 1, 1, 1)
        return changed.contiguous(memory_format=torch.channels_last)

    def _sign(self, draw: Tensor) -> Tensor:
        return torch.where(draw < 0.5, -1.0, 1.0) if self.flips else torch.ones_like(draw)


def standard(images: int, modality: str, generator: torch.Generator) -> CropsAndLight:
    """Draw random crops, brightness and contrast, and flips for visual images.

    Tactile images are never flipped: the colour of a highlight encodes the side that its light
    comes from, so a mirrored frame shows a surface that the sensor cannot see.
    """
    return CropsAndLight(torch.rand(images, 7, generator=generator), flips=modality == "visual")
