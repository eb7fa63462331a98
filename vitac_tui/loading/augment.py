"""Random changes of training images, drawn per image and repeatable.

All of an epoch's draws are made at its start, one row an image, so an image's change depends on
the seed and the epoch alone: not on the batch it is in, nor on where a resume began.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from vitac_tui.loading.residence import sent

SMALLEST_CROP = 0.75  # side of the smallest crop, as a share of the image's
BRIGHTNESS = 0.15  # standard deviations of the normalised input
CONTRAST = 0.15


@dataclass(frozen=True)
class Augment:
    """One epoch's draws: float32 [n, 7] in [0, 1), a row an image of the training set.

    Columns: scale, horizontal and vertical position, horizontal and vertical flip, brightness,
    contrast.
    """

    draws: Tensor
    flips: bool

    def apply(self, images: Tensor, picked: Tensor) -> Tensor:
        """Change normalised images [B, 3, S, S] that are the training images `picked` [B]."""
        draws = sent(self.draws[picked], images.device)
        scale = SMALLEST_CROP + (1 - SMALLEST_CROP) * draws[:, 0]
        room = 1 - scale
        grid = images.new_zeros(len(images), 2, 3)
        grid[:, 0, 0] = scale * self._sign(draws[:, 3])
        grid[:, 1, 1] = scale * self._sign(draws[:, 4])
        grid[:, 0, 2] = room * (2 * draws[:, 1] - 1)
        grid[:, 1, 2] = room * (2 * draws[:, 2] - 1)
        field = functional.affine_grid(grid, list(images.shape), align_corners=False)
        moved = functional.grid_sample(images, field, mode="bilinear", align_corners=False)
        brightness = BRIGHTNESS * (2 * draws[:, 5] - 1)
        contrast = 1 + CONTRAST * (2 * draws[:, 6] - 1)
        changed = moved * contrast.view(-1, 1, 1, 1) + brightness.view(-1, 1, 1, 1)
        return changed.contiguous(memory_format=torch.channels_last)

    def _sign(self, draw: Tensor) -> Tensor:
        return torch.where(draw < 0.5, -1.0, 1.0) if self.flips else torch.ones_like(draw)


def standard(images: int, modality: str, generator: torch.Generator) -> Augment:
    """The `standard` augmentation of an epoch.

    Tactile images are never flipped or turned: the colour of a glint encodes the side its light
    comes from, so a mirrored frame shows a surface that the sensor cannot see.
    """
    return Augment(torch.rand(images, 7, generator=generator), flips=modality == "visual")
