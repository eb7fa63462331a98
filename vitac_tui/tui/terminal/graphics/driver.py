"""Textual's driver, which also asks the terminal what it can draw and frees what it keeps."""

from __future__ import annotations

from typing import Protocol, cast

from textual.drivers import linux_driver

from vitac_tui.tui.terminal.graphics.choice import QUESTIONS
from vitac_tui.tui.terminal.graphics.listening import Listening
from vitac_tui.tui.terminal.graphics.pictures import Pictures

# The driver makes its parser by this name, and has no other way to give it another.
vars(linux_driver)["XTermParser"] = Listening


class Drawing(Protocol):
    """An app with pictures."""

    pictures: Pictures


class Driver(linux_driver.LinuxDriver):
    """The terminal, asked at every start: after a suspension it may be another one."""

    def start_application_mode(self) -> None:
        """Ask ahead of the first frame and wait for nothing."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None:
            self.write(QUESTIONS)

    def stop_application_mode(self) -> None:
        """Free images while the screen is still there that they belong to."""
        if self._writer_thread is not None:
            self.write(cast(Drawing, self._app).pictures.farewell())
        super().stop_application_mode()
