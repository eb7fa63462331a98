"""What was selected and why, as a sentence: rendered from the data of a `selected` row.

Runs of earlier versions recorded the sentence alone; it is then shown as it is.
"""

from __future__ import annotations

from dataclasses import replace
from math import floor

from vitac_tui.errors import counted
from vitac_tui.experiment.bisection import APART
from vitac_tui.runs.events import Selected
from vitac_tui.runs.numbers import change, in_points, within
from vitac_tui.runs.rows import SearchRow, SelectedRow

BEST_TOP1 = "best_top1"  # the learning rate or epoch with the highest top-1, then the lowest loss
LARGEST_AMOUNT = "largest_amount"  # the largest amount whose drop stays within `select.max_drop`


def row_of(event: Selected) -> SelectedRow:
    """Return the row of `selected` that an event stands for."""
    return {
        "what": event.what,
        "variant": event.variant,
        "seed": event.seed,
        "row": event.row,
        "rule": event.rule,
        "split": event.split,
        "rule_name": event.rule_name,
        "met": event.met,
        "strict": event.strict,
        "max_drop": event.max_drop,
        "difference": event.difference,
        "low": event.low,
        "high": event.high,
        "images": event.images,
        "images_needed": event.images_needed,
        "search": event.search,
    }


def rendered(event: Selected) -> Selected:
    """Return the event with its sentence, made from its data."""
    return replace(event, rule=rule(row_of(event)))


def rule(row: SelectedRow) -> str:
    """Return why a row was selected, without a full stop."""
    match row.get("rule_name"):
        case "best_top1":
            return "highest top-1, then lowest loss"
        case "largest_amount":
            return _largest_amount(row)
        case _:  # of an earlier version, or of a newer one
            return row["rule"]


def _largest_amount(row: SelectedRow) -> str:
    max_drop, strict = row.get("max_drop") or 0.0, row.get("strict")
    allowed = f"at most {in_points(max_drop)} of the dense model's top-1"
    if row.get("met"):
        text = f"largest amount {'shown to lose' if strict else 'that loses'} {allowed}"
    else:
        least = "its upper bound is the smallest" if strict else "this one loses least"
        text = f"no amount {'is shown to lose' if strict else 'loses'} {allowed}; {least}"
    search = row.get("search")
    return f"{text}; {_evidence(row, max_drop)}{search_effort(search) if search else ''}"


def _evidence(row: SelectedRow, max_drop: float) -> str:
    """Return the paired interval of the change, and what it says about the allowed drop."""
    difference, low, high = row.get("difference"), row.get("low"), row.get("high")
    images, needed = row.get("images") or 0, row.get("images_needed")
    text = f"{change(difference, low, high)} points on the same {images:,} images: "
    drop = f"a drop of more than {in_points(max_drop)}"
    if low is not None and within(-low, max_drop):
        return f"{text}{drop} is ruled out"
    if high is not None and -high > max_drop:
        return f"{text}{drop} is certain"
    text += f"cannot rule out {drop}"
    if needed is None:
        return f"{text}, and more such images would not help"
    return f"{text}; about {float(f'{needed:.2g}'):,.0f} images would be needed"


def search_effort(search: SearchRow) -> str:
    """Return how the amount was found and what that saved, as the end of a sentence."""
    return _refined(search) + _stopped(search)


def _refined(search: SearchRow) -> str:
    amounts, refine = search["amounts"], search["refine"]
    if not refine:
        return ""
    low, high = search["lowest"], search["highest"]
    steps = floor((high - low + APART) / refine) + 1
    text = f"found to within {refine:g} with" if search["bracketed"] else "tried"
    text = f"; {text} {counted(amounts, 'amount')}"
    if steps <= amounts:
        return text
    return f"{text} (steps of {refine:g} from {low:g} to {high:g} would take {steps:,})"


def _stopped(search: SearchRow) -> str:
    if not search["stopped"]:
        return ""
    return (
        f"; {search['stopped']} of {counted(search['amounts'], 'amount')} stopped early "
        f"({search['images_scored']:,} of {search['images']:,} images scored)"
    )
