"""The plots of a sweep: its curve, the limit, the chosen amount, and points scored by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vitac_tui.errors import one_line
from vitac_tui.runs.lines import stops
from vitac_tui.runs.metrics import PART
from vitac_tui.runs.numbers import in_points
from vitac_tui.runs.results import Results
from vitac_tui.runs.rows import AgainstDenseRow, ModelRow
from vitac_tui.runs.selection import rule
from vitac_tui.tui.plot.canvas import SPOT, Curve
from vitac_tui.tui.plot.layout import Line, PlotSpec
from vitac_tui.tui.reading.points import Points

CHOSEN, PLAIN_CHOSEN = "◆", "X"
BY_HAND, PLAIN_BY_HAND = "■", "H"
MARKED = 3  # colour in the palette
SPLITS = {"val": "validation", "test": "test"}


def sweep_plot(results: Results, max_drop: float | None, word: str = "chosen") -> PlotSpec:
    """Plot the accuracy of each variant against the amount, compared with the dense model.

    Each point has the 95 % interval of its paired comparison with the dense model. If the whole
    interval is above the dashed line, the loss is shown to be within the allowed limit.

    Args:
        results: results of the run so far.
        max_drop: the largest allowed loss as a fraction; None if unknown.
        word: label of the amounts that the rule chose.
    """
    scored = [row for row in results.models if row["eval"]["top1"] is not None]
    dense = {row["seed"]: row["eval"]["top1"] for row in scored if row["variant"] == "dense"}
    series: dict[str, list[ModelRow]] = {}
    parts: list[ModelRow] = []  # scored on some images only, so not part of a curve
    for row in scored:
        if row["amount"] is None:
            continue
        if row["eval"].get("stopped"):
            parts.append(row)
        else:
            series.setdefault(_series(row), []).append(row)
    curves = [_curve(name, of, dense, number) for number, (name, of) in enumerate(series.items())]
    if parts:
        spots = _spots("stopped early", list(map(_point, parts)), len(curves), PART, PART)
        curves.append(replace(spots, bars=_bars(parts, dense)))
    chosen = _chosen(results)
    if chosen:
        points = [_point(row) for row, _ in chosen]
        curves.append(_spots(word, points, len(curves), CHOSEN, PLAIN_CHOSEN))
    lines: list[Line] = []
    for top1 in dense.values():
        lines += _levels(top1, max_drop, named=not lines)
    split = results.models[0]["eval"]["split"] if results.models else "val"
    notes = [*(f"{word} {row['id']}: {rule}" for row, rule in chosen), stops(parts)]
    return PlotSpec(
        f"top-1 % on {SPLITS.get(split, split)}",
        tuple(curves),
        tuple(lines),
        unit="amount",
        empty="no amounts yet",
        note="\n".join(map(one_line, filter(None, notes))),
    )


def prune_plot(points: Points, dense: float | None, max_drop: float) -> PlotSpec:
    """Plot a sweep for the Prune screen, with the points scored there and the marked amount.

    Args:
        points: the points to choose from.
        dense: top-1 of the dense model as a fraction; None if unknown.
        max_drop: the largest loss that a sweep will allow.
    """
    made = sweep_plot(points.results, max_drop, "suggested")
    lines = made.lines or _levels(dense, max_drop) if dense is not None else made.lines
    if points.marked is not None:
        lines = (*lines, Line(points.marked, "", vertical=True, colour=MARKED))
    here = points.here
    colour = len(made.curves)
    by_hand = replace(
        _spots(
            "scored here", [(p.amount, 100 * p.top1) for p in here], colour, BY_HAND, PLAIN_BY_HAND
        ),
        bars=[bar for p in here if (bar := _bar(p.amount, dense, p.against))],
    )
    return replace(
        made,
        curves=(*made.curves, by_hand),
        lines=tuple(lines),
        empty="press s to score these steps, or g to sweep this step's amount",
    )


def _series(row: ModelRow) -> str:
    """Return a row's name without its amount. Models with the same name form one curve."""
    variant = str(row["variant"])
    return str(row["id"]).replace(f"{variant}-{row['amount']:g}", variant, 1)


def _curve(name: str, rows: Sequence[ModelRow], dense: Mapping[int, float], colour: int) -> Curve:
    points = sorted(map(_point, rows))
    return Curve(name, points, colour, spot=SPOT, bars=_bars(rows, dense))


def _bars(rows: Sequence[ModelRow], dense: Mapping[int, float]) -> list[tuple[float, float, float]]:
    return [
        bar
        for row in rows
        if (bar := _bar(_point(row)[0], dense.get(row["seed"]), row["eval"].get("against_dense")))
    ]


def _spots(
    name: str, points: Sequence[tuple[float, float]], colour: int, spot: str, plain: str
) -> Curve:
    return Curve(name, points, colour, joined=False, spot=spot, plain=plain)


def _point(row: ModelRow) -> tuple[float, float]:
    return row["amount"] or 0.0, 100 * float(row["eval"]["top1"])


def _bar(
    amount: float, dense: float | None, against: AgainstDenseRow | None
) -> tuple[float, float, float] | None:
    """Return the accuracy's interval, from that of its difference to the dense model."""
    ends = (against["low"], against["high"]) if against else (None, None)
    if dense is None or ends[0] is None or ends[1] is None:
        return None
    low, high = (min(max(dense + end, 0.0), 1.0) for end in (ends[0], ends[1]))
    return amount, 100 * low, 100 * high


def _levels(top1: float, max_drop: float | None, *, named: bool = True) -> tuple[Line, ...]:
    """Return lines for the dense model's accuracy and for the lowest allowed accuracy."""
    dense = Line(100 * top1, "dense" if named else "")
    if max_drop is None:
        return (dense,)
    text = f"{in_points(max_drop)} under dense: allowed" if named else ""
    return dense, Line(100 * (top1 - max_drop), text, dashed=True, below=True)


def _chosen(results: Results) -> list[tuple[ModelRow, str]]:
    """Return the rows of the chosen amounts, each with the rule that chose it."""
    rows = {row["id"]: row for row in results.models if row["eval"]["top1"] is not None}
    return [
        (rows[choice["row"]], rule(choice))
        for choice in results.selected
        if choice["what"] == "amount"
        and choice["row"] in rows
        and rows[choice["row"]].get("amount") is not None
    ]
