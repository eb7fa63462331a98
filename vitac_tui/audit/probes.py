"""What classifiers that understand nothing score on a split: the floor under a network's figure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vitac_tui.audit.nearest import Labels

#: Top-1 from which a probe shows that the split can be solved without understanding.
SOLVED = 0.8


@dataclass(frozen=True)
class Probes:
    """Top-1 on one held-out split.

    Attributes:
        pixels: of the nearest training image by colours on a coarse grid: a memoriser.
        structure: of the nearest by correlation of high-passed images: a memoriser of detail.
        colour: of the nearest by mean colour: a colour meter.
        largest: of always answering the largest training class.
    """

    pixels: float
    structure: float
    colour: float
    largest: float

    @property
    def memoriser(self) -> float:
        """The better of the two that compare whole images."""
        return max(self.pixels, self.structure)

    def record(self) -> dict[str, Any]:
        """For `results.json`."""
        return {name: round(top1, 4) for name, top1 in asdict(self).items()}


def largest_class(train: Labels, held: Labels) -> float:
    """Share of held-out images in the class that has most training images."""
    labels, counts = np.unique(train, return_counts=True)
    return float((held == labels[counts.argmax()]).mean())
