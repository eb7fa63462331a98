"""The line at the bottom of a screen: a message, and an input that opens below it."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from vitac_tui.errors import UserError, one_line

Done = Callable[[str], None]  # raises UserError to have the text corrected


class Prompt(Vertical):
    """Shows messages; `type` opens its input."""

    DEFAULT_CSS = "Prompt { height: auto; }"

    class Closed(Message):
        """The input was closed: its text was taken, or the user gave up."""

    def __init__(self, **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self._done: Done | None = None
        self._typed: Done | None = None
        self._given_up: Callable[[], None] | None = None
        self._hint = ""

    def compose(self) -> ComposeResult:
        yield Static("", markup=False, id="said")
        yield Input(id="typed", compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        self.query_one(Input).display = False

    @property
    def typing(self) -> bool:
        """Whether the input is open."""
        return self._done is not None

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show a message; while the input is open, only errors."""
        if not self.typing or bad:
            self._say(text, bad=bad)

    def hint(self, text: str) -> None:
        """Show a message, unless an error is shown."""
        if not self.query_one("#said").has_class("-bad"):
            self.say(text)

    def type(
        self,
        hint: str,
        value: str,
        done: Done,
        *,
        typed: Done | None = None,
        given_up: Callable[[], None] | None = None,
        proposed: bool = False,
    ) -> None:
        """Open the input.

        Args:
            hint: the message above it.
            value: the text to begin with.
            done: gets the text on enter; a UserError is shown and leaves the input open.
            typed: gets the text on every change; a UserError is shown.
            given_up: is called when the user leaves without enter.
            proposed: whether the value is selected, so that the first letter replaces it.
        """
        self._done, self._typed, self._given_up, self._hint = done, None, given_up, hint
        self._say(hint, bad=False)
        field = self.query_one(Input)
        field.display = True
        with self.prevent(Input.Changed):
            field.value = value
        self._typed = typed
        field.cursor_position = len(value)
        if proposed:
            field.action_select_all()
        self.screen.set_focus(field)

    def close(self) -> None:
        """Close the input without taking its text."""
        given_up = self._given_up
        self._close()
        if given_up is not None:
            given_up()

    def _close(self) -> None:
        self._done = self._typed = self._given_up = None
        self.query_one(Input).display = False
        self.post_message(self.Closed())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._typed is None:
            return
        try:
            self._typed(event.value.strip())
        except UserError as problem:
            self._say(str(problem), bad=True)
        else:
            self._say(self._hint, bad=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        done, self._done = self._done, None  # so that `done` may show a message, or ask again
        if done is None:
            return
        self._say("", bad=False)
        try:
            done(event.value.strip())
        except UserError as problem:
            self._done = done
            self._say(str(problem), bad=True)
        else:
            if not self.typing:
                self._close()

    def _say(self, text: str, *, bad: bool) -> None:
        said = self.query_one("#said", Static)
        said.update(one_line(text))
        said.tooltip = one_line(text)
        said.set_class(bad, "-bad")
