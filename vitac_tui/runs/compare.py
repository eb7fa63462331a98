"""Comparing the results of two runs, timings aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TIMINGS = frozenset({"wall_s", "img_per_s", "latency"})
IDENTITY = frozenset({"run"})
#: Sentences about a dataset, whose wording differs between versions. The grades and counts that
#: they are made of are compared.
SENTENCES = frozenset({"verdict", "warnings", "marks", "text", "remedy"})
NOT_COMPARED = TIMINGS | IDENTITY | SENTENCES


@dataclass(frozen=True)
class Difference:
    """A value that differs, by its place in `results.json`."""

    place: str
    first: Any
    second: Any

    def __str__(self) -> str:
        text = f"{self.place}: {self.first!r} and {self.second!r}"
        if isinstance(self.first, int | float) and isinstance(self.second, int | float):
            text += f", apart by {abs(self.first - self.second):.3g}"
        return text


def differences(first: Any, second: Any, place: str = "") -> Iterator[Difference]:
    """Yield the values of two results (plain JSON data) that are not exactly equal.

    A key that only one of them has is not compared: versions record different metrics. See
    `one_sided`.
    """
    if isinstance(first, dict) and isinstance(second, dict):
        for key in sorted(first.keys() & second.keys() - NOT_COMPARED):
            yield from differences(first[key], second[key], f"{place}.{key}" if place else key)
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for number, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from differences(one, other, f"{place}.{_name(one, number)}")
    elif first != second:
        yield Difference(place, first, second)


def one_sided(first: Any, second: Any, place: str = "") -> list[str]:
    """Return the keys that only one of two results has, each once, without rows and indices."""
    found: dict[str, None] = {}
    if isinstance(first, dict) and isinstance(second, dict):
        for key in sorted((first.keys() | second.keys()) - NOT_COMPARED):
            inner = f"{place}.{key}" if place else key
            if key in first and key in second:
                found |= dict.fromkeys(one_sided(first[key], second[key], inner))
            else:
                found[inner] = None
    elif isinstance(first, list) and isinstance(second, list):
        for one, other in zip(first, second, strict=False):
            found |= dict.fromkeys(one_sided(one, other, place))
    return list(found)


def _name(row: Any, number: int) -> Any:
    return row.get("id", number) if isinstance(row, dict) else number
