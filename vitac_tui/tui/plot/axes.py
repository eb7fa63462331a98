"""Scales and their ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SMALLEST = 1e-30  # on a logarithmic scale; smaller values are treated as zero
LARGEST = 1e30  # larger values, such as losses of a diverging training, are not drawn


@dataclass(frozen=True)
class Scale:
    """Maps values to [0, 1], linearly or logarithmically."""

    low: float
    high: float
    log: bool = False

    def share(self, value: float) -> float | None:
        """Return the position of a value on the scale; None if it cannot be shown."""
        if abs(value) > LARGEST:
            return None
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        if value < SMALLEST:
            return None
        low, high = math.log10(self.low), math.log10(self.high)
        return (math.log10(value) - low) / (high - low)

    def ticks(self, most: int, *, least_step: float = 0.0) -> tuple[float, ...]:
        """Return at most `most` round values within the scale, at least `least_step` apart."""
        if most < 1:
            return ()
        if self.log:
            return self._decades(most)
        step = _round_up(max((self.high - self.low) / most, least_step))
        found = self._multiples(step)
        if len(found) < 2 <= most:  # one tick shows no scale: use a finer step
            finer = self._multiples(_round_up(max(0.4 * step, least_step)))
            found = finer[:: max(1, -(-len(finer) // most))]
        return found[:most]

    def _multiples(self, step: float) -> tuple[float, ...]:
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return tuple(number * step for number in range(first, last + 1))

    def _decades(self, most: int) -> tuple[float, ...]:
        first = math.ceil(math.log10(self.low) - 1e-9)
        last = math.floor(math.log10(self.high) + 1e-9)
        if last <= first:  # within a decade there are too few powers of ten
            return Scale(self.low, self.high).ticks(most)
        stride = max(1, -(-(last - first + 1) // most))
        return tuple(10.0**power for power in range(first, last + 1, stride))


def typical(values: Sequence[float]) -> list[float]:
    """Return the values without high outliers, so that one spike does not flatten a plot.

    An outlier is above the 90th percentile by more than three times the range from the 10th to
    the 90th percentile. With fewer than ten values, all are kept.
    """
    usable = sorted(value for value in values if abs(value) <= LARGEST)
    if len(usable) < 10:
        return list(values)
    low, high = usable[len(usable) // 10], usable[9 * len(usable) // 10]
    limit = high + 3 * (high - low)
    return [value for value in values if value <= limit] if high > low else list(values)


def fit(
    values: Iterable[float],
    *,
    log: bool = False,
    margin: float = 0.05,
    floor: float | None = None,
) -> Scale:
    """Return the scale that shows all values with a margin; [0, 1] when there are none.

    Args:
        values: the values to show.
        log: whether the scale is logarithmic.
        margin: margin as a fraction of the range.
        floor: lower limit of the margin; values below it are still shown.
    """
    usable = [v for v in values if abs(v) <= LARGEST and (v >= SMALLEST or not log)]
    if not usable:
        return Scale(0.1, 1.0, log) if log else Scale(0.0, 1.0)
    low, high = min(usable), max(usable)
    if log:
        spare = (high / low) ** margin if high > low else 2.0
        return Scale(low / spare, high * spare, log=True)
    spare = margin * (high - low) if high > low else abs(high) * 0.1 or 0.5
    bottom = low - spare if floor is None else max(low - spare, min(low, floor))
    return Scale(bottom, high + spare)


def _round_up(step: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is at least `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def label(value: float) -> str:
    """Return a tick's value in about six characters: 0.25, 1.5k, 1e-05."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e9:
        return f"{value / 1e9:.3g}G"
    if size >= 1e6:
        return f"{value / 1e6:.3g}M"
    if size >= 10_000:
        return f"{value / 1e3:.3g}k"
    return f"{value:.4g}" if size >= 1e-3 else f"{value:.0e}"
