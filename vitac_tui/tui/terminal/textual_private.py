"""Every use of Textual's private names, in one place.

`tests/tui/test_textual_private.py` names the versions that these were checked with.
"""

from __future__ import annotations

from typing import Any

from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers import linux_driver
from textual.screen import Screen
from textual.strip import Strip

__all__ = [
    "ChopsUpdate",
    "CompositorUpdate",
    "HookedApp",
    "HookedDriver",
    "LayoutUpdate",
    "XTermParser",
    "screen_strips",
    "use_parser",
]


class HookedApp(App[int]):
    """An app with hooks for two things that Textual has no public hook for."""

    def change_frame(self, update: Any) -> Any:
        """Return what is written to the terminal in place of `update`."""
        return update

    def on_crash(self, error: Exception) -> None:
        """Called once with the exception that ends the app."""

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        super()._display(screen, self.change_frame(renderable))

    def _handle_exception(self, error: Exception) -> None:
        self.on_crash(error)
        super()._handle_exception(error)
        self._exit_renderables.clear()  # a page of local variables


class HookedDriver(linux_driver.LinuxDriver):
    """A driver with public names for its app and its state."""

    @property
    def app(self) -> App[Any]:
        return self._app

    @property
    def is_writing(self) -> bool:
        """Whether the terminal is in application mode."""
        return self._writer_thread is not None


def use_parser(parser: type[XTermParser]) -> None:
    """Have drivers parse the terminal's input with this class."""
    vars(linux_driver)["XTermParser"] = parser


def screen_strips(screen: Screen[Any]) -> list[Strip]:
    """Return the lines of a screen as they are drawn now."""
    return screen._compositor.render_strips()
