"""A line that says things, and below it, now and then, one that is typed."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from vitac_tui.errors import UserError, one_line

Done = Callable[[str], None]  # raises UserError to have the text mended


class Prompt(Vertical):
    """Hidden but for its words until `type` is called."""

    DEFAULT_CSS = "Prompt { height: auto; }"

    class Closed(Message):
        """The typing is over, taken or given up."""

    def __init__(self, **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self._done: Done | None = None

    def compose(self) -> ComposeResult:
        """Words above the line."""
        yield Static("", markup=False, id="said")
        yield Input(id="typed", compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """Nothing is typed yet."""
        self.query_one(Input).display = False

    @property
    def typing(self) -> bool:
        """Whether a line is being typed."""
        return self._done is not None

    def say(self, text: str, *, bad: bool = False) -> None:
        """Say something; while a line is typed, only what is wrong with it is said."""
        if not self.typing or bad:
            self._say(text, bad=bad)

    def type(self, hint: str, value: str, done: Done, *, proposed: bool = False) -> None:
        """Have a line typed, beginning with `value`; `done` gets it.

        A value that is only `proposed` is marked, so that the first letter typed replaces it.
        """
        self._done = done
        self._say(hint, bad=False)
        field = self.query_one(Input)
        field.display = True
        field.value = value
        field.cursor_position = len(value)
        if proposed:
            field.action_select_all()
        field.focus()

    def close(self) -> None:
        """Give up typing."""
        self._done = None
        self.query_one(Input).display = False
        self.post_message(self.Closed())

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        done, self._done = self._done, None  # so that `done` may say something, or ask again
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
                self.close()

    def _say(self, text: str, *, bad: bool) -> None:
        said = self.query_one("#said", Static)
        said.update(one_line(text))
        said.tooltip = one_line(text)
        said.set_class(bad, "-bad")
