"""The picture of the Prune screen: a sweep as it grows, what was scored by hand, what to take."""

from __future__ import annotations

from dataclasses import replace

from vitac_tui.tui.plot.canvas import Curve
from vitac_tui.tui.plot.layout import Line, Picture
from vitac_tui.tui.plot.pictures import sweep
from vitac_tui.tui.reading.points import Points

SUGGESTED, MARKED = 1, 2  # colours in the palette
OF_DENSE = " of the dense model's top-1"  # goes without saying beside its line


def picture(points: Points, dense_top1: float | None) -> Picture:
    """Accuracy against the amount; `dense_top1` is a share, None where it is not known."""
    made = sweep(points.results)
    here = sorted((amount, 100 * top1) for amount, top1 in points.here)
    lines = [_said(line, points) for line in made.lines]
    if dense_top1 is not None and not any(line.text == "dense" for line in lines):
        lines.append(Line(100 * dense_top1, "dense"))
    if points.marked is not None:
        lines.append(Line(points.marked, "", vertical=True, colour=MARKED))
    return replace(
        made,
        curves=(*made.curves, Curve("scored here", here, len(made.curves), joined=False)),
        lines=tuple(lines),
        empty="s scores these steps, g sweeps this step's amount",
    )


def _said(line: Line, points: Points) -> Line:
    found = points.suggested
    if not line.vertical or found is None or line.at != found[0]:
        return line
    rule = found[1].replace(OF_DENSE, "")
    return replace(line, text=f"suggested: {rule}", colour=SUGGESTED)
