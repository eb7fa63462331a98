"""The bootstrap over groups: how far a mean over images would move with other presses or photos.

Images of one group are near copies, so a thousand frames of ten presses tell about as much as ten
presses. Whole groups are drawn with replacement, and the 2.5 % and 97.5 % quantiles of the means
are the interval.
Source: A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their Application" (1997), 3.8; the
percentile interval is B. Efron's (1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
MOST_GROUPS = 1000  # more are thrown together at random, which changes nothing but the cost
_SEED = 20240601  # the same draws for every model and every run: figures repeat, rows compare

Groups = NDArray[np.int64]  # number of each image's group, from 0


def group_numbers(names: Sequence[str]) -> Groups | None:
    """Numbers for names of groups; None where no two images share one, so nothing is known.

    An image without a group is one of its own.
    """
    known: dict[str, int] = {}
    numbers = np.empty(len(names), np.int64)
    for image, name in enumerate(names):
        numbers[image] = known.setdefault(name or f"\0{image}", len(known))
    return numbers if len(known) < len(names) else None


def bootstrap(values: NDArray[np.int64], groups: Groups) -> tuple[float, float]:
    """95 % interval of the mean of whole numbers, one an image, under resampling of groups."""
    count = int(groups.max()) + 1
    if count > MOST_GROUPS:
        pools = np.random.default_rng(_SEED).permutation(count) % MOST_GROUPS
        groups, count = pools[groups], MOST_GROUPS
    sums = np.bincount(groups, weights=values, minlength=count)
    sizes = np.bincount(groups, minlength=count).astype(np.float64)
    # Sums of whole numbers are exact, whatever order a library adds them in.
    drawn = _draws(count) @ np.stack([sums, sizes], axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    return float(low), float(high)


@lru_cache(maxsize=2)  # validation and test
def _draws(groups: int) -> NDArray[np.float64]:
    """How often each group is drawn, in each resample."""
    picked = np.random.default_rng(_SEED).integers(0, groups, (RESAMPLES, groups))
    picked += np.arange(RESAMPLES)[:, None] * groups
    counts = np.bincount(picked.ravel(), minlength=RESAMPLES * groups)
    return counts.reshape(RESAMPLES, groups).astype(np.float64)
