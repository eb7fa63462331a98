"""The first line of every screen: where one is, and how the run is."""

from __future__ import annotations

from textual.widgets import Static

STATE_CLASSES = {
    "running": "-good",
    "finished": "-good",
    "paused": "-warn",
    "stopped": "-warn",
    "interrupted": "-bad",
    "failed": "-bad",
    "unreadable": "-bad",
}


class Heading(Static):
    """One line; cut at the right with a sign that it was cut, the whole of it as tooltip."""

    def __init__(self, text: str = "", **kwargs: str | None) -> None:
        super().__init__(text, markup=False, **kwargs)  # type: ignore[arg-type]
        self._text = text

    def say(self, text: str, state: str = "") -> None:
        """Show a line, coloured by a run's state."""
        if text != self._text:
            self._text = text
            self.update(text)
            self.tooltip = text
        for name in set(STATE_CLASSES.values()):
            self.set_class(STATE_CLASSES.get(state) == name, name)
