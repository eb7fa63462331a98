"""The form of settings, one row each: the same on every screen that edits settings."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.widgets import DataTable

from vitac_tui.errors import one_line
from vitac_tui.tui import keys
from vitac_tui.tui.reading.form import FormRow
from vitac_tui.tui.reporting import reported
from vitac_tui.tui.widgets.dialogs import Answer, Ask
from vitac_tui.tui.widgets.prompt import Prompt

Change = Callable[[str, str], None]  # a setting's key and its new text; raises UserError

WIDEST_KEY = 34
LETTERS = "123456789abcdefgh"


class SettingsForm(DataTable[Text]):
    """Enter edits a setting: a list for a choice, otherwise the screen's `Prompt`.

    What is typed is checked with every letter. Left and right step through choices.
    """

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("form")
    HELP = "Settings. Enter edits one, left and right step through its choices, escape gives up."

    def __init__(self, preview: Change, take: Change, *, id: str) -> None:
        """Begin without rows.

        Args:
            preview: is called with every text typed, and again with the first one if the user
                gives up; may show what the text would do.
            take: is called with the text that the user settles on.
            id: of the widget.
        """
        super().__init__(cursor_type="row", zebra_stripes=True, id=id)
        self._preview = preview
        self._take = take
        self._rows: tuple[FormRow, ...] = ()
        self._changed: Container[str] = ()

    def show(self, rows: Sequence[FormRow], changed: Container[str] = ()) -> None:
        """Show settings, those with a key in `changed` with a mark."""
        self._rows, self._changed = tuple(rows), changed
        self._fill()

    @property
    def rows_shown(self) -> tuple[FormRow, ...]:
        """The settings, from the top."""
        return self._rows

    @property
    def current(self) -> FormRow | None:
        """The setting under the cursor."""
        return self._rows[self.cursor_row] if 0 <= self.cursor_row < len(self._rows) else None

    def on_resize(self) -> None:
        self._fill()

    def _fill(self) -> None:
        width = self.size.width
        at = self.cursor_row
        longest = max((len(row.key) for row in self._rows), default=0) + 2
        keys_width = min(longest, WIDEST_KEY, max(8, width // 2))
        self.clear(columns=True)
        self.add_column("setting", width=keys_width)
        self.add_column("value", width=max(10, width - keys_width - 6))
        self.fixed_columns = 1
        for row in self._rows:
            mark = "* " if row.key in self._changed else "  "
            value = f"{row.text} {row.field.unit}".strip()
            self.add_row(
                Text(f"{mark}{row.key}", overflow="ellipsis", no_wrap=True),
                Text(one_line(value), overflow="ellipsis", no_wrap=True),
            )
        self.move_cursor(row=max(0, min(at, len(self._rows) - 1)))

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        if self.has_focus:
            self._explain()

    def on_focus(self) -> None:
        self._explain()

    def _explain(self) -> None:
        row = self.current
        if row is not None:
            self._prompt.hint(f"{row.key}: {row.help}")

    def action_edit(self) -> None:
        row = self.current
        if row is None:
            return
        if row.choices:
            self._choose(row)
            return
        self._prompt.type(
            f"{row.key}: {row.help}",
            row.text,
            lambda text: self._take(row.key, text),
            typed=lambda text: self._preview(row.key, text),
            given_up=lambda: self._preview(row.key, row.text),
        )

    @work
    async def _choose(self, row: FormRow) -> None:
        answers = [
            Answer(letter, f"{choice}  {row.field.choices.get(choice, '')}".strip(), choice)
            for letter, choice in zip(LETTERS, row.choices, strict=False)
        ]
        text = await self.app.push_screen_wait(
            Ask(one_line(f"{row.key}: {row.field.help}"), answers)
        )
        if text and text != row.text:
            self._change(row.key, text)

    def action_step(self, by: int) -> None:
        row = self.current
        if row is None or not row.choices:
            return
        at = row.choices.index(row.text) if row.text in row.choices else -by
        self._change(row.key, row.choices[(at + by) % len(row.choices)])

    @reported
    def _change(self, key: str, text: str) -> None:
        self._take(key, text)

    def report_problem(self, text: str) -> None:
        """Show an error on the screen's line."""
        self._prompt.say(text, bad=True)

    @property
    def _prompt(self) -> Prompt:
        return self.screen.query_one(Prompt)
