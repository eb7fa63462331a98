"""Narrowing the list of runs: words, and conditions such as `top1>0.9` or `state=running`."""

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
KEYS: dict[str, Callable[[RunSummary], Any]] = {
    "top1": lambda row: row.top1,
    "valid_weights": lambda row: row.valid_weights,
    "age_h": lambda row: row.age_s / 3600,
    "state": lambda row: row.state,
    "arch": lambda row: row.arch,
    "dataset": lambda row: row.dataset,
    "name": lambda row: row.run.name,
}


def matcher(text: str) -> Callable[[RunSummary], bool]:
    """Whether a row meets every word of `text`.

    A word without a sign is looked for in name, state, network, dataset and tags. With one it
    compares: numbers with numbers (`top1>90%` and `top1>0.9` mean the same), texts by being
    contained.

    Raises:
        ValueError: a condition on what no row has, or a number that is none; says which would do.
    """
    tests = [_test(word) for word in text.split()]
    return lambda row: all(test(row) for test in tests)


def _test(word: str) -> Callable[[RunSummary], bool]:
    match = CONDITION.fullmatch(word)
    if match is None:
        return lambda row: word.casefold() in _words(row)
    key, sign, value = match["key"], match["sign"], match["value"]
    if key not in KEYS:
        raise ValueError(f"{key} is not known; there are {', '.join(KEYS)}")
    if key in ("state", "arch", "dataset", "name"):
        if sign not in ("=", "!="):
            raise ValueError(f"{key} is a text; compare it by = or !=")
        contained = sign == "="
        return lambda row: (value.casefold() in str(KEYS[key](row)).casefold()) is contained
    number = _number(value)

    def compare(row: RunSummary) -> bool:
        known = KEYS[key](row)
        return known is not None and SIGNS[sign](known, number)

    return compare


def _number(text: str) -> float:
    share = text.endswith("%")
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None
    return value / 100 if share else value


def _words(row: RunSummary) -> str:
    parts = (row.run.name, row.state, row.arch, row.dataset, *row.tags)
    return " ".join(parts).casefold()
