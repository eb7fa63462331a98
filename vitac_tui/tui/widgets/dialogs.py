"""A question with a few answers, and a text to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option


@dataclass(frozen=True)
class Answer:
    """One answer: the letter that gives it, its text, and its value."""

    key: str
    text: str
    value: str


class Ask(ModalScreen[str]):
    """A question; dismissed with the value of the answer, or "" for none.

    The first answer is the default.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "cancel")]

    def __init__(self, question: str, answers: Sequence[Answer]) -> None:
        super().__init__()
        self._question = question
        self._answers = tuple(answers)
        self._by_key = {answer.key: answer.value for answer in answers}

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(self._question, markup=False, id="question")
            yield OptionList(
                *(Option(f"{answer.key}  {answer.text}") for answer in self._answers), markup=False
            )

    def on_key(self, event: events.Key) -> None:
        if event.key in self._by_key:
            event.stop()
            self.dismiss(self._by_key[event.key])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._answers[event.option_index].value)

    def action_cancel(self) -> None:
        self.dismiss("")


class Read(ModalScreen[None]):
    """A text that had no room, scrolled by the arrow keys until it was read."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,h,q", "close", "close")]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The text alone."""
        with VerticalScroll(id="dialog"):
            yield Static(self._text, markup=False)

    def action_close(self) -> None:
        """Back to where it was cut."""
        self.dismiss()
