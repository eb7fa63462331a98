"""What the network gets of an image: how it is decoded, and how its pixels are normalised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vitac_tui.data.table import SampleTable
from vitac_tui.experiment.dataset import DatasetSettings

Fit = Literal["squash", "crop", "pad"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class ImageSpec:
    """The images of a dataset after decoding. Made once by `image_spec`, then passed along.

    Attributes:
        image_size: side of the square image in pixels.
        fit: how other proportions are made square, as in `dataset.fit`.
        mean: of each channel, for values scaled to 0..1; subtracted first.
        std: of each channel; what is left is divided by it.
    """

    image_size: int
    fit: Fit = "squash"
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self.mean)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a decoded image."""
        return self.image_size, self.image_size, self.channels

    @property
    def bytes(self) -> int:
        """Bytes of a decoded image."""
        return self.image_size * self.image_size * self.channels


def image_spec(table: SampleTable, dataset: DatasetSettings) -> ImageSpec:
    """Describe the decoded images of a dataset.

    RGB images are normalised as in the reference study, with the statistics of ImageNet. Other
    numbers of channels get the averages of these.
    """
    channels = table.source.channels
    if channels == len(IMAGENET_MEAN):
        return ImageSpec(dataset.image_size, dataset.fit)
    mean, std = (sum(values) / len(values) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return ImageSpec(dataset.image_size, dataset.fit, (mean,) * channels, (std,) * channels)
