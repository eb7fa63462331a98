"""Near-duplicates of training images among held-out images: how many, and whether they leak.

Two images are compared by the normalised cross-correlation of their high-passed grey versions.
Matches with other classes are the control: fixed markers or a common light produce them between
classes as well. `docs/measurements.md` says on which datasets the thresholds were chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from vitac_tui.audit.downsampled import Floats
from vitac_tui.audit.nearest import Labels, NearestMatches

#: Two images are near-duplicates from this correlation on.
NEAR = 0.6
#: The correlation must exceed that with any other class by this much; else the match is ambiguous.
MARGIN = 0.1
#: If at least this fraction of held-out images has a near-duplicate or an ambiguous match, the
#: split leaks or is inconclusive, regardless of class.
MANY = 0.25
#: The same for near-duplicates outside the class that has most of them. A regular texture matches
#: itself wherever it is pressed or photographed, but a leak is not confined to one class.
SPREAD = 0.05
#: A pattern common to all training images is attributed to the sensor from this share of their
#: energy on; `FIXED_BY_CHANCE / images` is added for what few images have in common by chance.
FIXED = 0.2
FIXED_BY_CHANCE = 2.0

Judgement = Literal["leak", "inconclusive", "clean"]


@dataclass(frozen=True)
class NearDuplicates:
    """The comparison of one held-out split with the training images.

    Attributes:
        images: held-out images that were compared.
        of: images of the split.
        near: share of images with a near-duplicate in their class and no similar match elsewhere.
        near_spread: the same among images outside the class that has most near-duplicates.
        unclear: share of images whose match in another class is almost as good.
        median_same: median correlation of the best matches within the class; None without any.
        median_other: median correlation of the best matches in other classes; None without any.
        pairs: rows of images with a near-duplicate, each with the row of that, best match first.
        fixed_pattern: share of the energy that is the same in all training images.
        pattern_removed: whether that pattern was attributed to the sensor and removed.
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
        """Whether there was no other class to distinguish near-duplicates from fixed markers."""
        return self.median_other is None

    @property
    def sampled(self) -> bool:
        """Whether only a random sample of the images was compared."""
        return self.images < self.of

    @property
    def count(self) -> int:
        """Number of images with a near-duplicate."""
        return round(self.near * self.images)

    @property
    def judgement(self) -> Judgement:
        """Whether the split leaks, as `results.json` names it."""
        if self.near >= MANY or self.near_spread >= SPREAD:
            return "leak"
        return "inconclusive" if self.near + self.unclear >= MANY else "clean"

    def record(self) -> dict[str, Any]:
        """Return the comparison for `results.json`."""
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
class FixedPattern:
    """What all training images have in common, such as the markers of a fixed sensor.

    Attributes:
        median: median of each pixel of the high-passed images.
        share: its share of their energy.
        removed: whether it is subtracted before images are compared.
    """

    median: Floats
    share: float
    removed: bool

    def subtracted(self, high_pass: Floats) -> Floats:
        """Return the images without the pattern if it is to be removed, else unchanged."""
        return high_pass - self.median if self.removed else high_pass


def find_fixed_pattern(high_pass: Floats, *, classes: int) -> FixedPattern:
    """Find what training images have in common.

    Args:
        high_pass: training images, drawn at random.
        classes: number of classes. With a single one, the common pattern may be the class itself
            and is not removed.
    """
    median = np.median(high_pass, axis=0).astype(np.float32)
    energy = float((high_pass.astype(np.float64) ** 2).sum(1).mean())
    share = float((median.astype(np.float64) ** 2).sum()) / energy if energy else 0.0
    removed = classes > 1 and share > FIXED + FIXED_BY_CHANCE / len(high_pass)
    return FixedPattern(median, round(share, 3), removed)


def summarise(
    nearest: NearestMatches, rows: Labels, pattern: FixedPattern, of: int
) -> NearDuplicates:
    """Count the near-duplicates of one split.

    Args:
        nearest: best correlations of the held-out images that were compared.
        rows: row in the sample table of each of these images.
        pattern: the pattern that was subtracted, or not, beforehand.
        of: number of images of the split.
    """
    same, other = nearest.same, nearest.other
    high = same >= NEAR
    near = high & (same - other >= MARGIN)
    order = np.flatnonzero(near)[np.argsort(-same[near], kind="stable")]
    pairs = tuple((int(rows[i]), int(nearest.row[i])) for i in order)
    return NearDuplicates(
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
