"""Where TensorBoard is served, shown for as long as it takes to read or copy."""

from __future__ import annotations

from vitac_tui.errors import one_line
from vitac_tui.tui.services.tensorboard_server import Board
from vitac_tui.tui.widgets.dialogs import Answer, Ask


class TensorBoardDialog(Ask):
    """Dismissed with the text to copy, or "" for none."""

    def __init__(self, served: Board) -> None:
        super().__init__(
            one_line(f"TensorBoard: {served.address} until the app ends."),
            (
                Answer("y", f"copy for another machine: {served.tunnel}", served.tunnel),
                Answer("a", "copy the address", served.address),
                Answer("c", "close", ""),
            ),
        )
