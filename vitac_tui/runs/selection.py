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
FIXED_SEQUENCE = "fixed_sequence"  # the largest up to which a larger drop is ruled out
DENSE = "dense"  # how the id of a dense model ends


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
        "error": event.error,
        "groups": event.groups,
        "groups_needed": event.groups_needed,
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
        case "largest_amount" | "fixed_sequence":
            return _largest_amount(row)
        case _:  # of an earlier version, or of a newer one
            return row["rule"]


def _largest_amount(row: SelectedRow) -> str:
    max_drop, shown = row.get("max_drop") or 0.0, bool(row.get("strict"))
    allowed = f"at most {in_points(max_drop)} of the dense model's top-1"
    none = f"no amount {'is shown to lose' if shown else 'loses'} {allowed}"
    if row.get("met"):
        text = f"largest amount {'shown to lose' if shown else 'that loses'} {allowed}"
    elif row["row"] == DENSE or str(row["row"]).endswith(f"-{DENSE}"):
        text = f"{none}: the dense model stays; try smaller amounts"
    else:  # of an earlier version
        text = f"{none}; this one loses least"
    search = row.get("search")
    parts = [text, *filter(None, [_evidence(row, max_drop), _guarantee(row)])]
    return f"{'; '.join(parts)}{search_effort(search) if search else ''}"


def _guarantee(row: SelectedRow) -> str:
    """Return what a fixed sequence of tests guarantees, if one selected the amount."""
    error = row.get("error")
    if row.get("rule_name") != FIXED_SEQUENCE or not row.get("met") or error is None:
        return ""
    search = row.get("search")
    assumed = ", if accuracy does not rise with the amount" if search and search["refine"] else ""
    return (
        f"on new groups it loses more with a probability of at most {100 * error:g} %, "
        f"over all amounts tried{assumed}"
    )


def _evidence(row: SelectedRow, max_drop: float) -> str:
    """Return the paired interval of the change, and what it says about the allowed drop."""
    difference, low, high = row.get("difference"), row.get("low"), row.get("high")
    if difference is None:
        return ""
    images, groups = row.get("images") or 0, row.get("groups")
    of = f" in {counted(groups, 'group')}" if groups else ""
    first = "" if row.get("met") else "the smallest amount: "
    text = f"{first}{change(difference, low, high)} points on the same {images:,} images{of}: "
    drop = f"a drop of more than {in_points(max_drop)}"
    if low is not None and within(-low, max_drop):
        return f"{text}{drop} is ruled out"
    if high is not None and -high > max_drop:
        return f"{text}{drop} is certain"
    text += f"cannot rule out {drop}"
    needed, in_groups = row.get("images_needed"), row.get("groups_needed")
    if needed is None and difference < 0 and not within(-difference, max_drop):
        return f"{text}, and more such images would not help"
    if needed is None:
        return f"{text}; too little is known to tell how many images would"
    enough = f"about {_rounded(needed)} images"
    if in_groups:
        enough += f" in {_rounded(in_groups)} groups"
    return f"{text}; {enough} would do so in 4 of 5 cases"


def _rounded(number: int) -> str:
    return f"{float(f'{number:.2g}'):,.0f}"


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
