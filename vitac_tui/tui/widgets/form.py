"""A form of one line a setting, drawn from the settings' declarations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.events import DescendantFocus
from textual.message import Message
from textual.widgets import Input, Label, Select

from vitac_tui.experiment.dataset import DatasetBase
from vitac_tui.tui.reading.fields import Field, text_of


class Form(VerticalScroll, can_focus=False):
    """Tells of every change as it is typed; what it means and whether it is right, others know."""

    HELP = "Settings. Tab moves on; enter opens a list of choices; escape leaves the form."

    @dataclass
    class Edited(Message):
        """A setting was changed, and to what."""

        key: str
        text: str

    @dataclass
    class Entered(Message):
        """The cursor came to a setting."""

        field: Field

    def __init__(self, fields: Sequence[Field], **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self._fields = {_id(field.key): field for field in fields}
        self._shown: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """Every field of every layout; `show` hides those that do not belong."""
        for name, field in self._fields.items():
            with Horizontal(classes="field", id=f"row-{name}"):
                yield Label(field.key, markup=False)
                if field.choices:
                    options = [(choice, choice) for choice in field.choices]
                    yield Select(options, allow_blank=False, compact=True, id=name)
                else:
                    yield Input(compact=True, id=name, select_on_focus=False)

    def show(self, layout: str, dataset: DatasetBase) -> None:
        """Show the settings; the one that is being typed is left as it stands."""
        for name, field in self._fields.items():
            there = layout in field.layouts
            self.query_one(f"#row-{name}").display = there
            if not there:
                continue
            text = self._shown[name] = text_of(dataset, field.key)
            if field.choices:
                self.query_one(f"#{name}", Select).value = text
            elif not (control := self.query_one(f"#{name}", Input)).has_focus:
                control.value = text

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._tell(str(event.input.id), event.input.value)

    @on(Select.Changed)
    def _picked(self, event: Select.Changed) -> None:
        event.stop()
        self._tell(str(event.select.id), str(event.select.value))

    def _tell(self, name: str, text: str) -> None:
        """Tell of what the user did; a control's message may also come of `show` or of mounting."""
        if self._shown.get(name, text) != text:
            self._shown[name] = text
            self.post_message(self.Edited(self._fields[name].key, text))

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what the setting is."""
        field = self._fields.get(str(event.widget.id))
        if field is not None:
            self.post_message(self.Entered(field))


def _id(key: str) -> str:
    return f"set-{key.replace('.', '-')}"
