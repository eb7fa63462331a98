"""Shares of very few images, shown as counts rather than as percentages."""

from __future__ import annotations

#: Up to this many images, a percentage suggests more precision than there is.
FEW = 3


def share_text(share: float, of: int) -> str:
    """Return `2 of 3` for at most `FEW` images, else a percentage such as `66.7 %`."""
    if of <= FEW:
        return f"{round(share * of)} of {of}"
    return f"{100 * share:.1f} %"
