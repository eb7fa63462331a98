"""The table of runs, which writes as little as it can."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.text import Text
from textual.widgets import DataTable

from vitac_tui.errors import one_line
from vitac_tui.runs.listing import RunSummary
from vitac_tui.tui.reading.columns import Column
from vitac_tui.tui.widgets.heading import STATE_CLASSES

COLOURS = {"-good": "success", "-warn": "warning", "-bad": "error"}


class RunTable(DataTable[Text]):
    """One run a line; the column of names stays when the others scroll."""

    def __init__(self, *, id: str) -> None:
        super().__init__(cursor_type="row", zebra_stripes=True, id=id)
        self._made: tuple[Column, ...] = ()
        self._texts: dict[tuple[str, str], str] = {}

    def show(
        self,
        rows: Sequence[RunSummary],
        columns: tuple[Column, ...],
        width: int,
        sort: str,
        marked: Collection[str],
    ) -> None:
        """Make the table anew.

        Args:
            rows: in their order.
            columns: behind the names.
            width: of the column of names, in cells.
            sort: key of the column that is sorted by.
            marked: paths of the marked runs.
        """
        self.clear(columns=True)
        self._made = columns
        self._texts.clear()
        self.add_column("run", width=width, key="name")
        self.fixed_columns = 1
        for column in columns:
            mark = "▾ " if column.key == sort else ""
            title = Text(f"{mark}{column.title}", justify="right" if column.right else "left")
            self.add_column(title, width=column.width, key=column.key)
        for row in rows:
            cells = [self._cell(row, column) for column in columns]
            self.add_row(_label(row, marked), *cells, key=str(row.run.path))

    def update_cells(self, rows: Sequence[RunSummary]) -> None:
        """Write only cells whose text changed: a cell costs kilobytes on the wire."""
        for row in rows:
            for column in self._made:
                before = self._texts.get((str(row.run.path), column.key))
                if before != one_line(column.text(row)):
                    self.update_cell(str(row.run.path), column.key, self._cell(row, column))

    def label(self, row: RunSummary, marked: Collection[str]) -> None:
        """Write a run's name again, with its mark or without."""
        self.update_cell(str(row.run.path), "name", _label(row, marked))

    def _cell(self, row: RunSummary, column: Column) -> Text:
        text = one_line(column.text(row))
        self._texts[str(row.run.path), column.key] = text
        style = self._colour(row.state) if column.key == "state" else ""
        return Text(text, style, justify="right" if column.right else "left", no_wrap=True)

    def _colour(self, state: str) -> str:
        name = COLOURS.get(STATE_CLASSES.get(state, ""), "")
        return self.app.theme_variables.get(name, "") if name else ""


def _label(row: RunSummary, marked: Collection[str]) -> Text:
    mark = "* " if str(row.run.path) in marked else ""
    return Text(one_line(f"{mark}{row.run.name}"), overflow="ellipsis", no_wrap=True)
