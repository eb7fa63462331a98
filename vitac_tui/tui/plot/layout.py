"""A complete plot as rows of text: title, legend, frame, ticks, curves, lines and a note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from textwrap import wrap

from vitac_tui.errors import one_line
from vitac_tui.tui.plot.axes import LARGEST, Scale, fit, label, typical
from vitac_tui.tui.plot.canvas import (
    EMPTY,
    FAINT,
    PLAIN,
    PLAIN_BAR,
    SPOT,
    Cell,
    Curve,
    cropped,
    draw,
)

INK = -2  # not a palette number, as FAINT is not: bold text
LEAST = (12, 4)  # smallest width and height of a plot
LEAST_BODY = 5  # rows reserved for curves, however long the note is

TextRow = list[tuple[str, int]]  # pieces of text with the index of their colour


@dataclass(frozen=True)
class Line:
    """A reference line, such as the dense model's accuracy or the amount to take.

    Attributes:
        below: whether a horizontal line's text is below it, so that two texts do not overlap.
    """

    at: float
    text: str
    vertical: bool = False
    colour: int = FAINT
    dashed: bool = False
    below: bool = False


@dataclass(frozen=True)
class PlotSpec:
    """What to plot.

    Attributes:
        title: shown above the plot, before the legend.
        unit: name of the x axis.
        window: the part of the x axis to show, as fractions of the whole.
        empty: shown instead of the plot if there are no points.
        note: shown below the plot, wrapped to its width.
        floor: lower limit of the y axis's margin; None if values may have either sign.
        robust: whether to cut off outliers at the upper edge, and mark them with their value.
    """

    title: str
    curves: tuple[Curve, ...] = ()
    lines: tuple[Line, ...] = ()
    unit: str = ""
    log: bool = False
    window: tuple[float, float] = (0.0, 1.0)
    empty: str = "no data yet"
    note: str = ""
    floor: float | None = None
    robust: bool = False


def rows(spec: PlotSpec, width: int, height: int, *, ascii: bool = False) -> list[TextRow]:
    """Return the plot as `height` rows, each exactly `width` cells wide."""
    spec = _readable(spec)
    if width < LEAST[0] or height < LEAST[1]:
        return _fill([[(spec.title[:width], INK)]], width, height)
    shown = [
        replace(curve, plain=curve.plain or PLAIN[number % len(PLAIN)])
        for number, curve in enumerate(spec.curves)
        if curve.points
    ]
    head = [_legend(spec, shown, width, ascii=ascii)]
    if not shown:
        body: list[TextRow] = [[] for _ in range((height - 2) // 2)]
        return _fill([*head, *body, [(spec.empty.center(width)[:width], FAINT)]], width, height)
    below = _note(spec.note, width, height - len(head) - 2 - LEAST_BODY, ascii=ascii)
    x, y = _scales(spec, shown)
    tall = height - 3 - len(below)  # legend, x axis, its labels
    ticks = y.ticks(max(2, tall // 3))
    left = max(len(label(value)) for value in (*ticks, 0.0))
    wide = width - left - 2
    cells = draw([*_line_curves(spec, x, y), *shown], wide, tall, x, y, ascii=ascii)
    _write_line_labels(spec, cells, x, y)
    _write_cut_off(shown, cells, x, y, ascii=ascii)
    names = {_row(y, value, tall): label(value) for value in ticks}
    edge, joint, floor, corner = ("|", "+", "-", "+") if ascii else ("│", "┤", "─", "└")
    made = head
    for number, row in enumerate(cells):
        name = names.get(number, "")
        frame = f"{name.rjust(left)} {joint if name else edge}"
        made.append([(frame, FAINT), *_runs(row)])
    made.append([(f"{' ' * (left + 1)}{corner}{floor * wide}", FAINT)])
    made.append([(_below(x, spec.unit, left + 2, wide), FAINT)])
    return _fill([*made, *below], width, height)


def _note(text: str, width: int, most: int, *, ascii: bool) -> list[TextRow]:
    """Wrap the note to at most `most` rows; an ellipsis shows that it was cut."""
    if not text or most < 1:
        return []
    sign = " ..." if ascii else " …"
    lines = [line for part in text.splitlines() for line in wrap(part, width)]
    if len(lines) > most:
        lines[most - 1 :] = [lines[most - 1][: width - len(sign)] + sign]
    return [[(line, INK)] for line in lines]


def _scales(spec: PlotSpec, shown: Sequence[Curve]) -> tuple[Scale, Scale]:
    xs = [x for curve in shown for x, _ in curve.points]
    spotted = any(curve.bars for curve in shown)  # the frame must not cut their spots
    whole = fit(xs, margin=0.03 if spotted else 0.0) if len(set(xs)) > 1 else fit(xs)
    low, high = spec.window
    span = whole.high - whole.low
    x = Scale(whole.low + low * span, whole.low + high * span)
    seen = [y for curve in shown for _, y in cropped(curve, x)]
    for curve in shown:
        seen += [end for at, *ends in curve.bars if x.low <= at <= x.high for end in ends]
    levels = [line.at for line in spec.lines if not line.vertical]
    if spec.robust and not spec.log:
        seen = typical(seen)
    return x, fit([*seen, *levels], log=spec.log, floor=spec.floor)


def _line_curves(spec: PlotSpec, x: Scale, y: Scale) -> list[Curve]:
    made = []
    for line in spec.lines:
        if line.vertical:
            points = [(line.at, y.low), (line.at, y.high)]
        else:
            points = [(x.low, line.at), (x.high, line.at)]
        plain = PLAIN_BAR if line.vertical else "-"
        made.append(Curve(line.text, points, line.colour, dashed=line.dashed, plain=plain))
    return made


def _write_line_labels(spec: PlotSpec, cells: list[list[Cell]], x: Scale, y: Scale) -> None:
    """Write each reference line's text next to it, if it fits."""
    tall, wide = len(cells), len(cells[0])
    for line in spec.lines:
        share = x.share(line.at) if line.vertical else y.share(line.at)
        if share is None or not 0 <= share <= 1 or len(line.text) >= wide:
            continue
        if line.vertical:
            start = min(round(share * (wide - 1)) + 1, wide - len(line.text))
            row = _free(cells, start, start + len(line.text))
        else:
            start = wide - len(line.text)
            level = _row(y, line.at, tall) + (1 if line.below else -1)
            row = cells[min(max(level, 0), tall - 1)]
        for offset, character in enumerate(line.text):
            row[start + offset] = Cell(character, line.colour)


def _write_cut_off(
    shown: Sequence[Curve], cells: list[list[Cell]], x: Scale, y: Scale, *, ascii: bool
) -> None:
    """Mark the highest point of each curve that leaves the plot at its upper edge."""
    wide = len(cells[0])
    for number, curve in enumerate(shown):
        above = [point for point in cropped(curve, x) if LARGEST >= point[1] > y.high]
        if not above or number >= len(cells):
            continue
        at, value = max(above, key=lambda point: point[1])
        sign = "^" if ascii else "▲"
        place = round((x.share(at) or 0.0) * (wide - 1))
        text = f"{sign} {label(value)}"
        start = place if place + len(text) <= wide else place - len(text) + 1
        if start != place:
            text = f"{label(value)} {sign}"
        for offset, character in enumerate(text):
            if 0 <= start + offset < wide:
                cells[number][start + offset] = Cell(character, curve.colour)


def _free(cells: list[list[Cell]], start: int, end: int) -> list[Cell]:
    """Return the first row that is free from `start` to `end`, otherwise the top row."""
    return next((row for row in cells if all(c == EMPTY for c in row[start:end])), cells[0])


def _row(y: Scale, value: float, tall: int) -> int:
    return round((1 - (y.share(value) or 0.0)) * (tall - 1))


def _readable(spec: PlotSpec) -> PlotSpec:
    """Return the spec without control characters in names, which come from a run's files."""
    return replace(
        spec,
        title=one_line(spec.title),
        curves=tuple(replace(curve, name=one_line(curve.name)) for curve in spec.curves),
        lines=tuple(replace(line, text=one_line(line.text)) for line in spec.lines),
    )


def _legend(spec: PlotSpec, shown: Sequence[Curve], width: int, *, ascii: bool) -> TextRow:
    made: TextRow = [(spec.title, INK)]
    used = len(spec.title)
    for number, curve in enumerate(shown if len(shown) > 1 else ()):
        sign = curve.plain if ascii else _sign(curve)
        text = f"  {sign} {curve.name}"
        if used + len(text) > width - 3 and number < len(shown):
            more = f"  +{len(shown) - number}"
            made.append((more[: max(0, width - used)], FAINT))
            break
        made.append((text, curve.colour))
        used += len(text)
    return made


def _sign(curve: Curve) -> str:
    """Return the symbol of a curve in the legend."""
    if not curve.joined:
        return curve.spot or SPOT
    return f"━{curve.spot}━" if curve.spot_gap else "━"


def _below(x: Scale, unit: str, left: int, wide: int) -> str:
    """The labels of the x axis, its unit at the right end."""
    line = [" "] * (left + wide)
    end = left + wide - len(unit) - 1 if unit and len(unit) + 8 < wide else left + wide
    if end < left + wide:
        line[end + 1 :] = unit
    free = 0
    for value in x.ticks(max(2, wide // 12), least_step=1.0 if unit == "step" else 0.0):
        text = label(value)
        share = x.share(value) or 0.0
        start = left + round(share * (wide - 1)) - len(text) // 2
        if free <= start and start + len(text) <= end:
            line[start : start + len(text)] = text
            free = start + len(text) + 1
    return "".join(line)


def _runs(cells: Sequence[Cell]) -> TextRow:
    return [
        ("".join(cell.text for cell in group), colour)
        for colour, group in groupby(cells, key=lambda cell: cell.colour)
    ]


def _fill(made: list[TextRow], width: int, height: int) -> list[TextRow]:
    """Cut or pad the rows to the given size."""
    padded = []
    for row in [*made, *([] for _ in range(height - len(made)))][:height]:
        used = sum(len(text) for text, _ in row)
        padded.append([*row, (" " * (width - used), FAINT)] if used < width else row)
    return padded
