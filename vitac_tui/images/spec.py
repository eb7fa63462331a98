"""What the network gets of an image: how it is decoded, and how its pixels are normalised."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vitac_tui.data.table import SampleTable
from vitac_tui.experiment.dataset import DatasetSettings

Fit = Literal["squash", "crop", "pad"]

#: Pillow's modes for more than 8 bits per value.
SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")
SAMPLED = 64  # images that `dataset.range = "auto"` looks at
LARGEST_SAMPLED = 2**25  # pixels
DIM = 4096  # a sixteenth of 16 bits: a maximum below it leaves less than 17 of 256 levels

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
        value_range: values that become 0 and 255, for images of more than 8 bits; None for the
            whole range of 16 bits.
    """

    image_size: int
    fit: Fit = "squash"
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    value_range: tuple[float, float] | None = None

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
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    if channels != len(IMAGENET_MEAN):
        mean = (sum(IMAGENET_MEAN) / 3,) * channels
        std = (sum(IMAGENET_STD) / 3,) * channels
    value_range = _sampled_range(table) if dataset.range == "auto" else dataset.range
    if value_range == "full":
        value_range = None
    return ImageSpec(dataset.image_size, dataset.fit, mean, std, value_range)


def range_warnings(spec: ImageSpec) -> tuple[str, ...]:
    """Return a sentence about the range of values, if it is not the whole range."""
    if spec.value_range is None:
        return ()
    low, high = spec.value_range
    return (f"images of more than 8 bits: {low:g} is black, {high:g} is white (dataset.range)",)


def _sampled_range(table: SampleTable) -> tuple[float, float] | None:
    """Choose the range for `dataset.range = "auto"`, as its help text says."""
    source, samples, largest = table.source, table.samples, 0
    rows = np.linspace(0, len(samples) - 1, min(SAMPLED, len(samples))).round().astype(int)
    with warnings.catch_warnings(action="ignore"):
        for row in rows.tolist():
            path = samples[row].path
            with suppress(Exception):  # unreadable images are counted when they are decoded
                (width, height), mode = source.header(path)
                if mode in SIXTEEN_BITS and width * height <= LARGEST_SAMPLED:
                    largest = max(largest, int(np.asarray(source.open(source.read(path))).max()))
    return (0.0, 2.0 ** largest.bit_length() - 1) if 0 < largest < DIM else None
