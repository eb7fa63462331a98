"""Group numbers: images of the same group come from one press or one photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Groups = NDArray[np.int64]  # number of each image's group, from 0


def group_numbers(names: Sequence[str]) -> Groups | None:
    """Return the group number of each image; None if no two images share a group name.

    An image without a group name forms its own group.
    """
    known: dict[str, int] = {}
    numbers = np.empty(len(names), np.int64)
    for image, name in enumerate(names):
        numbers[image] = known.setdefault(name or f"\0{image}", len(known))
    return numbers if len(known) < len(names) else None


def independent(groups: Groups | None) -> bool:
    """Return whether images count as independent: groups are unknown, or hold one image each."""
    return groups is None or len(groups) == groups.max(initial=-1) + 1
