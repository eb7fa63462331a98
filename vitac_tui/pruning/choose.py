"""Choosing the amount of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

from vitac_tui.evaluation.paired import ROUNDING, Paired, images_to_settle, shown
from vitac_tui.runs import numbers


@dataclass(frozen=True)
class Choice:
    """The chosen row of a sweep."""

    index: int
    rule: str  # in words, for the record
    met: bool  # False: no amount keeps within the allowed drop, this one loses least


def choose_amount(
    points: Sequence[tuple[float, Paired]], max_drop: float, *, strict: bool
) -> Choice:
    """The largest amount that costs at most `max_drop` of top-1, on validation.

    Where none does, the one that loses least (of equals the smaller amount), and `met` is False.

    Args:
        points: amount of each point, and how it compares with the dense model on validation.
        max_drop: allowed loss, as a share in [0, 1).
        strict: judge an amount by the upper bound of its loss instead of the loss itself, so that
            only what is shown is accepted.

    Raises:
        ValueError: there are no points.
    """
    if not points:
        raise ValueError("a choice needs at least one row")
    losses = [_loss(compared, strict) for _, compared in points]
    within = [i for i, (_, found) in enumerate(points) if keeps(found, max_drop, strict=strict)]
    allowed = f"at most {numbers.in_points(max_drop)} of the dense model's top-1"
    if within:
        index = max(within, key=lambda i: points[i][0])
        rule = f"largest amount {'shown to lose' if strict else 'that loses'} {allowed}"
    else:
        index = min(range(len(points)), key=lambda i: (losses[i], points[i][0]))
        rule = f"no amount {'is shown to lose' if strict else 'loses'} {allowed}; this one loses "
        rule += "least by its upper bound" if strict else "least"
    return Choice(index, f"{rule}; {_evidence(points[index][1], max_drop)}", bool(within))


def keeps(compared: Paired, max_drop: float, *, strict: bool) -> bool:
    """Whether an amount loses at most `max_drop`: what `choose_amount` asks of it."""
    return _loss(compared, strict) <= max_drop + ROUNDING


def _loss(compared: Paired, strict: bool) -> float:
    loss = -(compared.low if strict else compared.difference)
    return loss if isfinite(loss) else inf


def _evidence(compared: Paired, max_drop: float) -> str:
    """The paired interval of the change, and what it says about the allowed loss."""
    change = numbers.change(compared.difference, compared.low, compared.high)
    text = f"{change} points on the same {compared.images} images: a loss"
    allowed = numbers.in_points(max_drop)
    if shown(compared, max_drop):
        return f"{text} within {allowed} is shown"
    if -compared.high > max_drop:
        return f"{text} beyond {allowed} is shown"
    text = f"{text} beyond {allowed} is not excluded"
    number = images_to_settle(compared, max_drop)
    if number is None:
        return f"{text}, nor would be by more such images"
    return f"{text}; about {float(f'{number:.2g}'):,.0f} images would settle it"
