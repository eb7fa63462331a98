"""Whether JSON data has the shape that a declaration says, so that readers can rely on it.

A declaration is a dataclass, a TypedDict or a plain type; `Annotated[T, shape]` is a T to the type
checker and of the given shape here. Keys beyond the declared ones are let be. Numbers must be
finite and small enough to calculate with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from math import isfinite
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Check = Callable[[Any], bool]
_LARGEST = 1 << 63


def check_of(kind: Any) -> Check:
    """A function that says whether data fits.

    Raises:
        TypeError: a declaration is made of something else than the types known here.
    """
    if get_origin(kind) is Annotated:
        kind = kind.__metadata__[0]
    if get_origin(kind) is NotRequired:  # `_object` knows which keys may be missing
        kind = get_args(kind)[0]
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return lambda _value: True
    if kind is int:
        return _is_int
    if kind is float:
        return _is_number
    if kind in (str, bool, NoneType):
        return lambda value: type(value) is kind
    if is_dataclass(kind) or is_typeddict(kind):
        return _object(kind)
    if origin in (Union, UnionType):
        choices = tuple(map(check_of, arguments))
        return lambda value: any(check(value) for check in choices)
    if origin is list:
        item = check_of(arguments[0])
        return lambda value: type(value) is list and all(map(item, value))
    if origin is tuple:  # which JSON has as a list
        places = tuple(map(check_of, arguments))
        return lambda value: (
            type(value) is list
            and len(value) == len(places)
            and all(fits(item) for fits, item in zip(places, value, strict=True))
        )
    if origin is dict:
        item = check_of(arguments[1])
        return lambda value: type(value) is dict and all(map(item, value.values()))
    raise TypeError(f"no shape: {kind}")


def _is_int(value: Any) -> bool:
    return type(value) is int and -_LARGEST < value < _LARGEST


def _is_number(value: Any) -> bool:
    return isfinite(value) if type(value) is float else _is_int(value)


def _object(kind: Any) -> Check:
    hints = get_type_hints(kind, include_extras=True)
    if is_dataclass(kind):
        optional = {
            field.name: field.default is not MISSING or field.default_factory is not MISSING
            for field in fields(kind)
        }
    else:
        optional = {name: name in kind.__optional_keys__ for name in hints}
    parts = tuple((name, check_of(hints[name]), optional[name]) for name in optional)

    def check(value: Any) -> bool:
        if type(value) is not dict:
            return False
        for name, fits, may_lack in parts:
            if name not in value:
                if not may_lack:
                    return False
            elif not fits(value[name]):
                return False
        return True

    return check
