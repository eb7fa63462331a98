"""Whether held-out images are near copies of training images: the figures, and the judgement.

Two images are compared by the normalised cross-correlation of their high-passed grey versions.
Matches with other classes are the control: what fixed markers or a common light do, they do
between classes as well. Thresholds are from real sets, see `docs/measurements.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from vitac_tui.audit.crops import Floats
from vitac_tui.audit.nearest import Labels, Nearest

#: Correlation from which two images are near copies.
NEAR = 0.6
#: By how much a near copy must beat the best match with another class to count as one.
MARGIN = 0.1
#: Share of held-out images with a near copy, or with an unclear match, from which it is the split's
#: fault whatever the classes.
MANY = 0.25
#: The same for near copies outside the class that has most of them: one regular texture matches
#: itself wherever it is pressed or photographed, but a leak is not confined to one class.
SPREAD = 0.05
#: Share of the training images' energy that the same pattern in all of them must have to be taken
#: for the camera's; and what chance adds to it, for few images.
FIXED = 0.2
FIXED_BY_CHANCE = 2.0

Judgement = Literal["leak", "inconclusive", "clean"]


@dataclass(frozen=True)
class NearCopies:
    """What comparing one held-out split with the training images gave.

    Attributes:
        images: held-out images that were compared, `of` how many.
        near: share of them with a near copy of their class that no other class comes close to.
        near_spread: the same among images outside the class that has most near copies.
        unclear: share whose match in their class is as good, but in another class nearly too.
        median_same: median of the best matches within the class; None where there are none.
        median_other: median of the best matches with other classes, likewise.
        pairs: images that have a near copy, each with it, best first.
        fixed_pattern: share of the energy that is the same in all training images.
        pattern_removed: whether it was taken for the camera's and removed.
    """

    images: int
    of: int
    near: float
    near_spread: float
    unclear: float
    median_same: float | None
    median_other: float | None
    pairs: tuple[tuple[int, int], ...]
    fixed_pattern: float
    pattern_removed: bool

    @property
    def one_class(self) -> bool:
        """Whether there was no other class to tell a near copy from fixed markers by."""
        return self.median_other is None

    @property
    def sampled(self) -> bool:
        """Whether there were too many images to compare all of them."""
        return self.images < self.of

    @property
    def judgement(self) -> Judgement:
        """A leak, no leak, or a doubt that these figures cannot settle."""
        if self.near >= MANY or self.near_spread >= SPREAD:
            return "leak"
        return "inconclusive" if self.near + self.unclear >= MANY else "clean"

    def record(self) -> dict[str, Any]:
        """For `results.json`."""
        return {
            "judgement": self.judgement,
            "images": self.images,
            "of": self.of,
            "near": round(self.near, 4),
            "near_spread": round(self.near_spread, 4),
            "unclear": round(self.unclear, 4),
            "median_same": self.median_same,
            "median_other": self.median_other,
            "fixed_pattern": self.fixed_pattern,
            "pattern_removed": self.pattern_removed,
        }


@dataclass(frozen=True)
class Pattern:
    """What all training images show alike, such as the markers of a fixed sensor.

    Attributes:
        median: the median of each pixel of the high-passed images.
        share: its share of their energy.
        removed: whether it is taken off before images are compared.
    """

    median: Floats
    share: float
    removed: bool

    def off(self, high_pass: Floats) -> Floats:
        """The images without the pattern, where it is removed."""
        return high_pass - self.median if self.removed else high_pass


def fixed_pattern(high_pass: Floats, *, classes: int) -> Pattern:
    """Find what training images have in common; with one class that may be the class itself.

    Args:
        high_pass: some training images, drawn at random.
        classes: number of classes of the dataset.
    """
    median = np.median(high_pass, axis=0).astype(np.float32)
    energy = float((high_pass.astype(np.float64) ** 2).sum(1).mean())
    share = float((median.astype(np.float64) ** 2).sum()) / energy if energy else 0.0
    removed = classes > 1 and share > FIXED + FIXED_BY_CHANCE / len(high_pass)
    return Pattern(median, round(share, 3), removed)


def summarise(nearest: Nearest, rows: Labels, pattern: Pattern, of: int) -> NearCopies:
    """The figures of one split.

    Args:
        nearest: best correlations of the held-out images that were compared.
        rows: row in the table of each of these.
        pattern: what was removed beforehand.
        of: images of the split.
    """
    same, other = nearest.same, nearest.other
    high = same >= NEAR
    near = high & (same - other >= MARGIN)
    order = np.flatnonzero(near)[np.argsort(-same[near], kind="stable")]
    pairs = tuple((int(rows[i]), int(nearest.row[i])) for i in order)
    return NearCopies(
        len(same),
        of,
        float(near.mean()),
        _spread(near, nearest.labels),
        float((high & ~near).mean()),
        _median(same),
        _median(other),
        pairs,
        pattern.share,
        pattern.removed,
    )


def _spread(near: npt.NDArray[np.bool_], labels: Labels) -> float:
    names, counts = np.unique(labels[near], return_counts=True)
    elsewhere = near[labels != names[counts.argmax()]] if len(names) else near
    return float(elsewhere.mean()) if len(elsewhere) else 0.0


def _median(values: Floats) -> float | None:
    finite = values[np.isfinite(values)]
    return round(float(np.median(finite)), 3) if len(finite) else None
