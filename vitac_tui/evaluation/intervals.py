"""Intervals of proportions."""

from __future__ import annotations

from math import sqrt

Z_95 = 1.959963984540054  # 97.5 % quantile of the standard normal distribution


def wilson(successes: float, trials: float, z: float = Z_95) -> tuple[float, float]:
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


def newcombe(both: float, gained: float, lost: float, neither: float) -> tuple[float, float]:
    """95 % interval of the difference of two proportions of the same images, second less first.

    Source: R. G. Newcombe, "Improved confidence intervals for the difference between binomial
    proportions based on paired data", Statistics in Medicine 17 (1998) 2635-2650, method 10:
    Wilson's bounds of either proportion, squared and added with their correlation.

    Args:
        both: images that both models get right. Counts need not be whole, so that an interval can
            be asked for a number of images that nobody has taken yet.
        gained: images that only the second gets right.
        lost: images that only the first gets right.
        neither: images that both get wrong.
    """
    images = both + gained + lost + neither
    if images == 0:
        return -1.0, 1.0
    first, second = (both + lost) / images, (both + gained) / images
    first_low, first_high = wilson(both + lost, images)
    second_low, second_high = wilson(both + gained, images)
    product = both * neither - gained * lost
    if product > 0:
        product = max(product - images / 2, 0.0)
    spread = sqrt((both + lost) * (gained + neither)) * sqrt((both + gained) * (lost + neither))
    correlation = product / spread if spread else 0.0

    def arm(one: float, other: float) -> float:
        # Rounding must not make a root of a negative number where the two arms are the same.
        return sqrt(max(one * one - 2 * correlation * one * other + other * other, 0.0))

    low = second - first - arm(second - second_low, first_high - first)
    high = second - first + arm(second_high - second, first - first_low)
    return max(low, -1.0), min(high, 1.0)
