"""Turning the text of labels into class ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

_MAX_DIGITS = 9


def is_class_number(text: str) -> bool:
    """Return whether a label can be a class id: a whole number of 0 or more."""
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def number_labels(
    labels: Iterable[str], *, texts_differ: bool = False
) -> Callable[[str], tuple[int, str]]:
    """Return a function from a label to its class id and name.

    Labels that are all whole numbers are the class ids ("007" is 7). Otherwise they are names,
    numbered in alphabetical order.

    Args:
        labels: all labels of the dataset.
        texts_differ: whether "1" and "01", where both occur, are different classes.
    """
    names: Sequence[str] = sorted(set(labels))
    numbers = all(is_class_number(name) for name in names)
    if numbers and not (texts_differ and len({int(name) for name in names}) < len(names)):
        return lambda label: (int(label), str(int(label)))
    index = {name: position for position, name in enumerate(names)}
    return lambda label: (index[label], label)
