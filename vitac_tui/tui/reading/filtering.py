"""Filters of the list of runs: words, and conditions such as `top1>90` or `state=running`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from vitac_tui.runs.listing import RunSummary

CONDITION = re.compile(r"(?P<key>\w+)(?P<sign><=|>=|!=|=|<|>)(?P<value>.+)")
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
NUMBERS: dict[str, Callable[[RunSummary], float | None]] = {
    "top1": lambda row: None if row.top1 is None else round(100 * row.top1, 1),  # as displayed
    "valid_weights": lambda row: row.valid_weights,
    "age_h": lambda row: row.age_s / 3600,
}
TEXTS: dict[str, Callable[[RunSummary], str]] = {
    "state": lambda row: row.state,
    "model": lambda row: row.model,
    "arch": lambda row: row.arch,
    "dataset": lambda row: row.dataset,
    "name": lambda row: row.run.name,
}


def matcher(text: str) -> Callable[[RunSummary], bool]:
    """Return a predicate that is true for runs that match every word of `text`.

    A plain word is searched for in name, state, model, network, dataset and tags. A condition
    compares numbers, or tests whether a text contains the value. `top1` is in per cent, as in the
    list; a value up to 1 without a % is a fraction, so `top1>0.9` means `top1>90`.

    Raises:
        ValueError: a key is unknown, or a value is not a number. The message lists the keys.
    """
    tests = [_test(word) for word in text.split()]
    return lambda row: all(test(row) for test in tests)


def _test(word: str) -> Callable[[RunSummary], bool]:
    match = CONDITION.fullmatch(word)
    if match is None:
        return lambda row: word.casefold() in _words(row)
    key, sign, value = match["key"], match["sign"], match["value"]
    if key in TEXTS:
        return _text_test(key, sign, value)
    if key in NUMBERS:
        return _number_test(key, sign, value)
    raise ValueError(f"{key} is not known: use one of {', '.join((*NUMBERS, *TEXTS))}")


def _text_test(key: str, sign: str, value: str) -> Callable[[RunSummary], bool]:
    if sign not in ("=", "!="):
        raise ValueError(f"{key} is a text: compare it with = or !=")
    wanted = sign == "="
    return lambda row: (value.casefold() in TEXTS[key](row).casefold()) is wanted


def _number_test(key: str, sign: str, value: str) -> Callable[[RunSummary], bool]:
    number = _number(value)
    if key == "top1" and number <= 1 and not value.endswith("%"):
        number *= 100

    def compare(row: RunSummary) -> bool:
        known = NUMBERS[key](row)
        return known is not None and SIGNS[sign](known, number)

    return compare


def _number(text: str) -> float:
    try:
        return float(text.removesuffix("%"))
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def _words(row: RunSummary) -> str:
    parts = (row.run.name, row.state, row.model, row.arch, row.dataset, *row.tags)
    return " ".join(parts).casefold()
