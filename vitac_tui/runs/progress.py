"""How far a run is: the unit at hand, the whole plan, and when it will be done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol


@dataclass(frozen=True)
class Snapshot:
    """A moment of a run's progress. Frozen, so that threads can hand it around."""

    unit: str = ""
    done: int = 0
    total: int = 0
    fraction: float = 0.0
    eta_s: float | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


class Report(Protocol):
    """What a loop calls to say how far it is."""

    def __call__(self, done: int, total: int, **figures: float) -> None:
        """`done` of `total` steps, with figures worth showing (loss, top1, img_per_s)."""


class Progress:
    """Written by the working thread, read by the supervisor and the console at their own pace.

    The estimate of the time left goes by the weights of the planned units and counts only work
    done in this process, so that a resumed run does not look ten times as fast as it is.
    """

    warm_up = 0.02  # share of the plan below which no estimate is given
    warm_up_s = 5.0

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._weights: dict[str, float] = {}
        self._before = 0.0
        self._finished = 0.0
        self._since = clock()
        self._idle_s = 0.0
        self.latest = Snapshot()

    def plan(self, units: Sequence[tuple[str, float]], finished: Sequence[str] = ()) -> None:
        """Set the units to do and those that an earlier process finished."""
        self._weights = dict(units)
        self._before = sum(self._weights.get(unit, 0.0) for unit in finished)
        self._finished = self._before
        self._since = self._clock()
        self.latest = Snapshot(fraction=self._share(0.0))

    def drop(self, prefix: str) -> None:
        """Leave units out of the plan that turned out not to be needed."""
        self._weights = {u: w for u, w in self._weights.items() if not u.startswith(prefix)}
        self.latest = replace(self.latest, fraction=self._share(0.0), eta_s=self._eta(0.0))

    def lighten(self, unit: str, share: float) -> None:
        """Have the unit at hand weigh only so much of what was planned: it ended early."""
        self._weights[unit] = share * self._weights.get(unit, 0.0)

    def start(self, unit: str) -> Report:
        """Begin a unit; returns what its loop reports to."""

        def report(done: int, total: int, **figures: float) -> None:
            within = self._weights.get(unit, 0.0) * (done / total if total else 0.0)
            self.latest = Snapshot(
                unit, done, total, self._share(within), self._eta(within), figures
            )

        report(0, 0)
        return report

    def finish(self, unit: str) -> None:
        """Count a unit as done."""
        self._finished += self._weights.get(unit, 0.0)
        self.latest = Snapshot(unit, 1, 1, self._share(0.0), self._eta(0.0), self.latest.figures)

    def idle(self, seconds: float) -> None:
        """Leave time spent paused out of the estimate."""
        self._idle_s += seconds

    def _share(self, within: float) -> float:
        whole = sum(self._weights.values())
        return min(1.0, (self._finished + within) / whole) if whole else 0.0

    def _eta(self, within: float) -> float | None:
        whole = sum(self._weights.values())
        here = self._finished + within - self._before
        spent = self._clock() - self._since - self._idle_s
        if not whole or here < self.warm_up * whole or spent < self.warm_up_s:
            return None
        return max(0.0, (whole - self._finished - within) * spent / here)
