"""Pictures by kitty's placeholders: text, in place of other text."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache

from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from vitac_tui.images.images import Pixels
from vitac_tui.tui.terminal.graphics import kitty
from vitac_tui.tui.terminal.graphics.choice import Cell
from vitac_tui.tui.terminal.graphics.painter import Painter, PixelImage, Run

#: No finer than this: kitty scales, and a dense screen would take four times the bytes.
FINEST = (10, 20)


@dataclass(frozen=True)
class Sent(PixelImage):
    """An image as kitty is sent it."""

    payload: str = ""


class Kitty(Painter[Sent]):
    """The terminal keeps an image, by a number, as long as it is on show."""

    def __init__(self) -> None:
        super().__init__()
        self._free = deque(kitty.NUMBERS)
        self._numbers: dict[int, int] = {}  # by key

    def side(self, columns: int, rows: int, cell: Cell) -> int:
        """As many pixels as the terminal has there, within reason; it scales."""
        return min(columns * min(cell[0], FINEST[0]), rows * min(cell[1], FINEST[1]))

    def prepare(self, pixels: Pixels, columns: int, rows: int, cell: Cell) -> Sent:
        """As PNG."""
        return Sent(columns, rows, payload=kitty.payload(pixels))

    def farewell(self) -> str:
        """Frees every image."""
        return super().farewell() + "".join(map(kitty.delete, list(self._numbers.values())))

    def again(self) -> None:
        """Send every image anew."""
        for _, picture in self._shown.values():
            self._send(picture)

    def _enter(self, picture: Sent) -> bool:
        if not self._free:
            return False  # it stays in half blocks
        self._numbers[picture.key] = self._free.popleft()
        self._send(picture)
        return True

    def _send(self, picture: Sent) -> None:
        number = self._numbers[picture.key]
        self._before.append(kitty.send(number, picture.payload, picture.columns, picture.rows))

    def _leave(self, picture: Sent) -> None:
        number = self._numbers.pop(picture.key)
        self._free.append(number)
        self._before.append(kitty.delete(number))

    def _drawn(self, x: int, y: int, run: Run, console: Console) -> str:
        key, row, column = run.mark
        text = "".join(kitty.cell(row, column + place) for place in range(run.length))
        style = _coloured(self._numbers[key], self._ground(run))
        return Strip([Segment(text, style)]).render(console)


@lru_cache(maxsize=1024)
def _coloured(number: int, ground: Color | None) -> Style:
    return Style(color=Color.from_ansi(number), bgcolor=ground)
