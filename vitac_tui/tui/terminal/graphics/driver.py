"""A Textual driver that also asks the terminal what it can draw and frees its images."""

from __future__ import annotations

from typing import Protocol, cast

from vitac_tui.tui.terminal.graphics.choice import QUESTIONS
from vitac_tui.tui.terminal.graphics.listening import Listening
from vitac_tui.tui.terminal.graphics.pictures import Pictures
from vitac_tui.tui.terminal.textual_private import HookedDriver, use_parser

use_parser(Listening)


class Drawing(Protocol):
    """An app that draws images in pixels."""

    pictures: Pictures


class Driver(HookedDriver):
    """Asks at every start, because after a suspension the terminal may be another one."""

    def start_application_mode(self) -> None:
        """Start, and ask before the first frame; do not wait for the answer."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.is_writing:
            self.write(QUESTIONS)

    def stop_application_mode(self) -> None:
        """Free the images before the screen that they belong to is left."""
        if self.is_writing:
            self.write(cast(Drawing, self.app).pictures.farewell())
        super().stop_application_mode()
