"""A form of one line a setting, drawn from the settings' declarations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.events import DescendantFocus
from textual.message import Message
from textual.widgets import Input, Label, Select

from vitac_tui.experiment.dataset import DatasetSettings
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
        self._rows: dict[str, Horizontal] = {}
        self._controls: dict[str, Input | Select[str]] = {}

    def show(self, layout: str, dataset: DatasetSettings) -> None:
        """Show the settings; the one that is being typed is left as it stands.

        Every field of every layout has its line, made when the form is first needed: a hundred
        widgets take a while. Those that do not belong are hidden.
        """
        there = {name for name, field in self._fields.items() if layout in field.layouts}
        self._shown |= {name: text_of(dataset, self._fields[name].key) for name in there}
        if not self._rows:
            self._rows = {name: self._row(name, field) for name, field in self._fields.items()}
            self.mount_all(self._rows.values())
        elif not all(control.is_mounted for control in self._controls.values()):
            self.call_after_refresh(self.show, layout, dataset)  # a choice takes no value before
            return
        else:
            for name in there:
                control = self._controls[name]
                if not (isinstance(control, Input) and control.has_focus):
                    control.value = self._shown[name]
        for name, row in self._rows.items():
            row.display = name in there

    def _row(self, name: str, field: Field) -> Horizontal:
        control: Input | Select[str]
        if field.choices:
            options = [(choice, choice) for choice in field.choices]
            value = self._shown.get(name, field.choices[0])
            control = Select(options, allow_blank=False, compact=True, value=value, id=name)
        else:
            value = self._shown.get(name, "")
            control = Input(value, compact=True, id=name, select_on_focus=False)
        self._controls[name] = control
        label = Label(field.key, markup=False)
        return Horizontal(label, control, classes="field", id=f"row-{name}")

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
