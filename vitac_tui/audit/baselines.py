"""Baselines without learning: the accuracy that a network must beat to mean anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vitac_tui.audit.nearest import Labels

#: A split is called solved by a baseline from this top-1 on.
SOLVED = 0.8


@dataclass(frozen=True)
class Baselines:
    """Top-1 of each baseline on one held-out split.

    Attributes:
        pixels: of the nearest training image by colours on a coarse grid.
        structure: of the nearest training image by correlation of high-passed images.
        colour: of the nearest training image by mean colour.
        largest: of always answering the class with most training images.
        images: how many held-out images were classified.
    """

    pixels: float
    structure: float
    colour: float
    largest: float
    images: int

    @property
    def nearest_neighbour(self) -> float:
        """The better of the two baselines that compare whole images."""
        return max(self.pixels, self.structure)

    @property
    def solves(self) -> bool:
        """Whether a baseline reaches an accuracy that a network would be praised for."""
        return max(self.nearest_neighbour, self.colour) >= SOLVED

    def record(self) -> dict[str, Any]:
        """Return the baselines for `results.json`."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def largest_class(train: Labels, held: Labels) -> float:
    """Return the share of held-out images in the class that has most training images."""
    labels, counts = np.unique(train, return_counts=True)
    return float((held == labels[counts.argmax()]).mean())
