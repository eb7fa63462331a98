"""How the app draws pictures: known from the terminal's answers, made ready when first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitac_tui.tui.terminal.graphics.choice import Answers, Cell, Choice, Way, cell_size, decide

if TYPE_CHECKING:
    from vitac_tui.tui.terminal.graphics.painter import Painter


class Pictures:
    """The way of drawing pictures, and the painter of those on show."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._answers = Answers()
        self._painter: Painter[Any] | None = None

    @property
    def way(self) -> Way:
        """The way as it is known now; half blocks while the terminal has not answered."""
        return decide(self._choice, self._answers)

    def answered(self, answers: Answers) -> None:
        """The terminal has answered: for the first time, or anew after a suspension."""
        before = self.way
        self._answers = answers
        if self._painter is not None and self.way == before:
            self._painter.again()
        else:
            self._painter = None

    def pen(self) -> tuple[Painter[Any], Cell] | None:
        """What draws pictures, and the pixels of a cell; None where half blocks do."""
        cell = None if self.way == "blocks" else cell_size(self._answers)
        if cell is None:
            return None
        if self._painter is None:
            # Here, not above: numpy and the data room would delay the first frame.
            from vitac_tui.tui.terminal.graphics.kitty_painter import Kitty
            from vitac_tui.tui.terminal.graphics.sixel_painter import Sixel

            self._painter = Kitty() if self.way == "kitty" else Sixel()
        return self._painter, cell

    def resized(self) -> None:
        """The terminal's window has another size, and of pictures what it likes."""
        if self._painter is not None and self.way == "sixel":
            self._painter.again()

    def over(self, update: Any) -> Any:
        """What Textual is about to write, with pictures in it."""
        return update if self._painter is None else self._painter.over(update)

    def farewell(self) -> str:
        """What to write before the app leaves the terminal."""
        return "" if self._painter is None else self._painter.farewell()
