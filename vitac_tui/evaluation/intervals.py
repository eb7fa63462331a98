"""Intervals of proportions."""

from __future__ import annotations

from math import sqrt

Z_95 = 1.959963984540054  # 97.5 % quantile of the standard normal distribution


def wilson(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval of a proportion, 95 % by default.

    Keeps its coverage near 0 and 1, where accuracies live and the textbook interval fails.
    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22 (1927); recommended by Brown, Cai and DasGupta, Statistical Science 16 (2001).

    Args:
        successes: how many of the trials succeeded.
        trials: how many there were; with none, nothing is known: (0, 1).
        z: quantile of the normal distribution.
    """
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    spread = z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    # The bounds are exact at the ends; rounding would leave 1e-17 or put the share outside.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == trials else centre + half
    return low, high
