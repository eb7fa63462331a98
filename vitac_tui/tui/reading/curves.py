"""A figure over steps, kept within a fixed number of points however long the run is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST = 2048  # points kept: twice the dots across the widest terminal that we know of
Point = tuple[float, float]


@dataclass
class Curve:
    """Points in the order of their arrival.

    Once there are more than `MOST`, neighbours are merged into their mean, pair by pair, so that
    the whole history stays and the newest points are never coarser than one merged bucket.
    """

    _seq: list[int] = field(default_factory=list)  # of the event that a bucket began with
    _x: list[float] = field(default_factory=list)
    _y: list[float] = field(default_factory=list)
    _bucket: int = 1  # points merged into one
    _pending: list[tuple[int, float, float]] = field(default_factory=list)

    def add(self, seq: int, x: float, y: float | None) -> None:
        """Add a point; one that is not finite (None in the log) leaves no mark."""
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
        """Forget what a resume took back: points of events with a number above `to`."""
        while self._seq and self._seq[-1] > to:
            del self._seq[-1], self._x[-1], self._y[-1]
        self._pending = [point for point in self._pending if point[0] <= to]

    def points(self) -> tuple[Point, ...]:
        """The points, those that wait to be merged included."""
        waiting = [(x, y) for _, x, y in self._pending]
        return (*zip(self._x, self._y, strict=True), *waiting)


def smoothed(points: Sequence[Point], weight: float) -> tuple[Point, ...]:
    """Exponential moving average without the start's bias; `weight` in [0, 1) is of the past.

    As TensorBoard does it: the average is divided by the weight that it has gathered.
    """
    if not weight:
        return tuple(points)
    made: list[Point] = []
    average, gathered = 0.0, 0.0
    for x, y in points:
        average = weight * average + (1 - weight) * y
        gathered = weight * gathered + (1 - weight)
        made.append((x, average / gathered))
    return tuple(made)
