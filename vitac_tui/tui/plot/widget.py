"""The plot as a widget that redraws only the rows that changed."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from vitac_tui.tui import keys
from vitac_tui.tui.plot.canvas import FAINT
from vitac_tui.tui.plot.layout import INK, PlotSpec, TextRow, rows
from vitac_tui.tui.themes import curve_colours

LEAST_WINDOW = 0.02  # smallest part of the x axis that zooming shows


class Plot(Widget, can_focus=True):
    """Shows a `PlotSpec`. When focused, it can be zoomed and moved along x."""

    DEFAULT_CSS = "Plot { height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("plot")
    HELP = "A plot. `+` and `-` zoom, left and right move, `0` shows all, `f` fills the screen."

    def __init__(self, title: str = "", **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self._spec = PlotSpec(title)
        self._window = (0.0, 1.0)
        self._rows: list[TextRow] = []

    def show(self, spec: PlotSpec) -> None:
        """Show a plot; only rows that changed are written to the terminal."""
        self._spec = spec
        if self.size.area and self.is_attached:
            self._draw()

    def on_resize(self) -> None:
        """Draw the plot for the new size."""
        self._rows = []
        self._draw()

    def _draw(self) -> None:
        spec = replace(self._spec, window=self._window)
        plain = bool(getattr(self.app, "ascii", False))
        made = rows(spec, self.size.width, self.size.height, ascii=plain)
        before, self._rows = self._rows, made
        changed = [
            Region(0, y, self.size.width, 1)
            for y, row in enumerate(made)
            if y >= len(before) or before[y] != row
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """Return one row of the plot."""
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        return Strip([Segment(text, self._style(colour)) for text, colour in self._rows[y]])

    def _style(self, colour: int) -> Style:
        base = self.rich_style
        if colour == INK:
            return base + Style(bold=True)
        if colour == FAINT:
            return base + Style(dim=True)
        theme, variables = self.app.current_theme, self.app.theme_variables
        palette = curve_colours(
            theme.name, theme.dark, variables["background"], variables["surface"]
        )
        return base + Style(color=palette[colour % len(palette)])

    def notify_style_update(self) -> None:
        """Redraw all rows in the new theme."""
        super().notify_style_update()
        self.refresh()

    def action_zoom(self, factor: float) -> None:
        """Show a smaller (factor below 1) or larger part around the middle."""
        low, high = self._window
        middle, half = (low + high) / 2, max(LEAST_WINDOW, (high - low) * factor) / 2
        self._set_window(middle - half, middle + half)

    def action_move(self, share: float) -> None:
        """Move the window by a fraction of its width."""
        low, high = self._window
        by = share * (high - low)
        by = min(max(by, -low), 1 - high)
        self._set_window(low + by, high + by)

    def action_whole(self) -> None:
        """Show everything."""
        self._set_window(0.0, 1.0)

    def action_full(self) -> None:
        """Maximize the plot, or restore it."""
        if self.screen.maximized is self:
            self.screen.minimize()
        else:
            self.screen.maximize(self)

    def _set_window(self, low: float, high: float) -> None:
        self._window = max(0.0, low), min(1.0, high)
        self._draw()
