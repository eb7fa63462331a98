"""What the checks found in a dataset: a bar a split, a row a class, the warnings."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import DataTable, Static

from vitac_tui.data.table import SPLITS
from vitac_tui.errors import counted, one_line
from vitac_tui.tui.reading.survey import ClassRow, DatasetView
from vitac_tui.tui.widgets.bars import Bar, Bars

NUMBERS = {"train": 6, "val": 6, "test": 6, "groups": 7}  # columns and their widths
NAMES = (6, 24)


class Checks(Vertical):
    """The table's `RowHighlighted` tells that another class is under the cursor."""

    def __init__(self, **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self._view: DatasetView | None = None

    def compose(self) -> ComposeResult:
        """Bars, table, findings."""
        yield Bars(len(SPLITS), id="splits")
        yield DataTable(cursor_type="row", zebra_stripes=True, cell_padding=0, id="counts")
        with VerticalScroll(id="findings"):
            yield Static("", markup=False, id="warnings")

    @property
    def current(self) -> ClassRow | None:
        """The class under the cursor."""
        classes = self._view.classes if self._view else ()
        number = self.query_one(DataTable).cursor_row
        return classes[number] if 0 <= number < len(classes) else None

    def show(self, view: DatasetView | None) -> None:
        """Show a dataset, or nothing."""
        self._view = view
        found = view.found.assessment if view else None
        lines = [found.verdict, *(f"! {text}" for text in found.warnings)] if found else []
        self.query_one("#warnings", Static).update("\n".join(map(one_line, lines)))
        self.query_one(Bars).show(_bars(view) if view else ())
        self._fill(view.classes if view else ())

    def on_resize(self) -> None:
        """Names as wide as they can be."""
        self._fill(self._view.classes if self._view else ())

    def _fill(self, classes: tuple[ClassRow, ...]) -> None:
        table = self.query_one(DataTable)
        at = max(0, table.cursor_row)
        room = self.size.width - sum(NUMBERS.values()) - 2
        longest = max((cell_len(row.name) for row in classes), default=0)
        table.clear(columns=True)
        table.add_column("class", width=max(NAMES[0], min(longest, NAMES[1], room)))
        for title, width in NUMBERS.items():
            table.add_column(Text(title, justify="right"), width=width)
        for row in classes:
            numbers = [Text(str(n), justify="right") for n in (*row.images, row.groups)]
            table.add_row(Text(row.name, no_wrap=True, overflow="ellipsis"), *numbers)
        table.move_cursor(row=min(at, table.row_count - 1))


def _bars(view: DatasetView) -> tuple[Bar, ...]:
    total = max(1, sum(view.images.values()))
    return tuple(
        Bar(
            split,
            view.images[split] / total,
            f"{counted(view.images[split], 'image')}, {counted(view.groups[split], 'group')}",
        )
        for split in SPLITS
    )
