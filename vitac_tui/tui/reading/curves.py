"""A metric over steps, stored in a limited number of points however long the run is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST = 2048  # points kept: twice the dots across the widest terminal known to us
Point = tuple[float, float]


@dataclass
class Curve:
    """Points in the order of their arrival.

    Above `MOST` points, each pair of neighbours is merged into its mean. So the curve always covers
    the whole history, and its newest points are at most one bucket behind.
    """

    _seq: list[int] = field(default_factory=list)  # the first event of each bucket
    _x: list[float] = field(default_factory=list)
    _y: list[float] = field(default_factory=list)
    _bucket: int = 1  # points per stored point
    _pending: list[tuple[int, float, float]] = field(default_factory=list)

    def add(self, seq: int, x: float, y: float | None) -> None:
        """Add a point. A value that is not finite (None in the log) is skipped."""
        if y is None:
            return
        self._pending.append((seq, x, y))
        if len(self._pending) < self._bucket:
            return
        self._seq.append(self._pending[0][0])
        self._x.append(sum(x for _, x, _ in self._pending) / self._bucket)
        self._y.append(sum(y for _, _, y in self._pending) / self._bucket)
        self._pending.clear()
        if len(self._x) > MOST:
            self._merge()

    def _merge(self) -> None:
        even = len(self._x) // 2 * 2
        kept = range(0, even, 2)
        tail = self._seq[even:], self._x[even:], self._y[even:]
        self._seq = [self._seq[i] for i in kept] + tail[0]
        self._x = [(self._x[i] + self._x[i + 1]) / 2 for i in kept] + tail[1]
        self._y = [(self._y[i] + self._y[i + 1]) / 2 for i in kept] + tail[2]
        self._bucket *= 2

    def rewind(self, to: int) -> None:
        """Drop the points of events numbered above `to`, which a resume repeats."""
        while self._seq and self._seq[-1] > to:
            del self._seq[-1], self._x[-1], self._y[-1]
        self._pending = [point for point in self._pending if point[0] <= to]

    def points(self) -> tuple[Point, ...]:
        """Return all points, including those of a bucket that is not full yet."""
        waiting = [(x, y) for _, x, y in self._pending]
        return (*zip(self._x, self._y, strict=True), *waiting)


def smoothed(points: Sequence[Point], weight: float) -> tuple[Point, ...]:
    """Return the exponential moving average, with `weight` in [0, 1) given to the past.

    As in TensorBoard, the average is divided by its total weight, which removes the bias towards
    zero at the start.
    """
    if not weight:
        return tuple(points)
    averages: list[Point] = []
    average, total_weight = 0.0, 0.0
    for x, y in points:
        average = weight * average + (1 - weight) * y
        total_weight = weight * total_weight + (1 - weight)
        averages.append((x, average / total_weight))
    return tuple(averages)
