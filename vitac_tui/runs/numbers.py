"""Numbers as text: the formats that lines, tables, screens and the docs share."""

from __future__ import annotations

#: Up to this many images, a percentage suggests more precision than there is.
FEW = 3
ROUNDING = 1e-9  # .975 - .965 is a little more than .01; no split has a billion images


def within(drop: float, max_drop: float) -> bool:
    """Return whether a drop is at most `max_drop`, rounding errors aside."""
    return drop <= max_drop + ROUNDING


def percent(share: float | None) -> str:
    """Return a share in [0, 1] in per cent with one decimal; "-" for None."""
    return "-" if share is None else f"{100 * share:.1f}"


def share_text(share: float, of: int) -> str:
    """Return `2 of 3` for at most `FEW` images, else a percentage such as `66.7 %`."""
    if of <= FEW:
        return f"{round(share * of)} of {of}"
    return f"{percent(share)} %"


def points(difference: float | None) -> str:
    """Return a difference of shares in percentage points, with its sign; "-" for None."""
    # Adding zero takes the sign off a zero.
    return "-" if difference is None else f"{round(100 * difference, 1) + 0.0:+.1f}"


def number(value: float | None) -> str:
    """Return a number with three significant digits; "nan" for None, which is not finite."""
    return "nan" if value is None else f"{value:.3g}"


def count(value: float) -> str:
    """Return a whole number with thousands separators."""
    return f"{value:,.0f}"


def giga(value: float) -> str:
    """Return a number in billions with three decimals."""
    return f"{value / 1e9:.3f}"


def mega(value: float) -> str:
    """Return a number in millions with one decimal."""
    return f"{value / 1e6:.1f}"


def tenths(value: float) -> str:
    """Return a number with one decimal."""
    return f"{value:.1f}"


def change(difference: float | None, low: float | None, high: float | None) -> str:
    """Return a difference of shares and its interval, in percentage points."""
    return f"{points(difference)} [{points(low)}, {points(high)}]"


def in_points(share: float) -> str:
    """Return a share as a number of percentage points: `1 point`, `2.5 points`."""
    text = f"{100 * share:g}"
    return f"{text} point{'' if text == '1' else 's'}"
