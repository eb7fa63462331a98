"""The pictures of a sweep: its curve, the rule, what that chose, and what was scored by hand."""

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
    """Accuracy of each variant's models against the amount, beside the dense model's.

    Every point has the 95 % interval of its paired comparison with the dense model, drawn around
    that model's accuracy: one that ends above the dashed line is shown to lose no more than the
    rule allows.

    Args:
        results: of the run, as far as it is.
        max_drop: what the rule allows to lose, as a share; None where it is not known.
        word: for what the rule chose.
    """
    scored = [row for row in results.models if row["eval"]["top1"] is not None]
    dense = {row["seed"]: row["eval"]["top1"] for row in scored if row["variant"] == "dense"}
    series: dict[str, list[ModelRow]] = {}
    parts: list[ModelRow] = []  # scored on a part of the images: no points of a curve
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
    """The same for the Prune screen, with what was scored there and the amount that is marked.

    Args:
        points: what there is to choose from.
        dense: top-1 of the model that is pruned, as a share; None where it is not known.
        max_drop: what the rule of a sweep will allow to lose.
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
        empty="s scores these steps, g sweeps this step's amount",
    )


def _series(row: ModelRow) -> str:
    """The name of a row without its amount: models of one name are points of one curve."""
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
    """Where the accuracy lies, from the interval of its difference to the dense model's."""
    ends = (against["low"], against["high"]) if against else (None, None)
    if dense is None or ends[0] is None or ends[1] is None:
        return None
    low, high = (min(max(dense + end, 0.0), 1.0) for end in (ends[0], ends[1]))
    return amount, 100 * low, 100 * high


def _levels(top1: float, max_drop: float | None, *, named: bool = True) -> tuple[Line, ...]:
    """The dense model's accuracy, and what the rule lets an amount lose of it."""
    dense = Line(100 * top1, "dense" if named else "")
    if max_drop is None:
        return (dense,)
    text = f"{in_points(max_drop)} under dense: allowed" if named else ""
    return dense, Line(100 * (top1 - max_drop), text, dashed=True, below=True)


def _chosen(results: Results) -> list[tuple[ModelRow, str]]:
    """The rows of the amounts that the rule chose, and the rule as it was applied to each."""
    rows = {row["id"]: row for row in results.models if row["eval"]["top1"] is not None}
    return [
        (rows[choice["row"]], rule(choice))
        for choice in results.selected
        if choice["what"] == "amount"
        and choice["row"] in rows
        and rows[choice["row"]].get("amount") is not None
    ]
