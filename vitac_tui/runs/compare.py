"""Comparing the results of two runs: which figures differ, timings aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TIMINGS = frozenset({"wall_s", "img_per_s", "latency"})
IDENTITY = frozenset({"run"})


@dataclass(frozen=True)
class Difference:
    """One figure that differs, by its place in `results.json`."""

    place: str
    first: Any
    second: Any

    def __str__(self) -> str:
        text = f"{self.place}: {self.first!r} and {self.second!r}"
        if isinstance(self.first, int | float) and isinstance(self.second, int | float):
            text += f", apart by {abs(self.first - self.second):.3g}"
        return text


def differences(first: Any, second: Any, place: str = "") -> Iterator[Difference]:
    """Figures of two results (plain JSON data) that are not exactly equal."""
    if isinstance(first, dict) and isinstance(second, dict):
        for key in sorted(first.keys() | second.keys()):
            if key not in TIMINGS | IDENTITY:
                inner = f"{place}.{key}" if place else key
                yield from differences(first.get(key), second.get(key), inner)
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for number, (one, other) in enumerate(zip(first, second, strict=True)):
            name = one.get("id", number) if isinstance(one, dict) else number
            yield from differences(one, other, f"{place}.{name}")
    elif first != second:
        yield Difference(place, first, second)
