"""From the text of a label to a class id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

_MAX_DIGITS = 9


def is_class_number(text: str) -> bool:
    """Whether a label is a class id by itself: a whole number from 0."""
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def number_labels(labels: Iterable[str]) -> Callable[[str], tuple[int, str]]:
    """A function from a label to its class id and name.

    Labels that are all whole numbers are class ids as they are ("007" is 7). Otherwise all of them
    are names, numbered in their order.
    """
    names: Sequence[str] = sorted(set(labels))
    if all(is_class_number(name) for name in names):
        return lambda label: (int(label), str(int(label)))
    index = {name: position for position, name in enumerate(names)}
    return lambda label: (index[label], label)
