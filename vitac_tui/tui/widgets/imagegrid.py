"""A page of pictures drawn in cells, as large as wanted, and in pixels where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from rich.cells import set_cell_size
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.app import App
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import get_current_worker

from vitac_tui.data.source import CorruptImage, ImageSource
from vitac_tui.data.table import Sample
from vitac_tui.errors import one_line
from vitac_tui.images.images import viewer
from vitac_tui.images.spec import ImageSpec
from vitac_tui.tui.reading.halfblocks import Cell, Drawn, draw, middle
from vitac_tui.tui.terminal.graphics import choice
from vitac_tui.tui.terminal.graphics.driver import Drawing
from vitac_tui.tui.terminal.graphics.painter import Painter, PixelImage, mark

SIDES = (12, 18, 24, 30, 36, 52, 76, 120)  # columns of a picture
USUAL = 3
ZOOMS = (1, 2, 4)

Pen = tuple[Painter[Any], choice.Cell]  # and the pixels of a cell
Made = tuple[Sample, Drawn, PixelImage | None]


class ImageGrid(Widget, can_focus=True):
    """Pictures of a class, page by page, with a line under each. They are drawn in a thread."""

    DEFAULT_CSS = "ImageGrid { height: 1fr; width: 1fr; }"
    HELP = "Images as the network gets them. n and N turn pages, + and - their size, z zooms in."

    class Turned(Message):
        """Other images are shown."""

    def __init__(self, **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self._images: tuple[ImageSource, ImageSpec] | None = None
        self._samples: Sequence[Sample] = ()
        self._first = 0
        self._step = USUAL
        self._zoom = 1  # weaves are finer than cells: a whole tile would look plain
        self._lines: list[Strip] = []

    def show(self, source: ImageSource, spec: ImageSpec, samples: Sequence[Sample]) -> None:
        """Show these images, from the first on."""
        self._change((source, spec), samples)

    def clear(self) -> None:
        """Show no images."""
        self._change(None, ())

    def _change(
        self, images: tuple[ImageSource, ImageSpec] | None, samples: Sequence[Sample]
    ) -> None:
        if (images, samples) != (self._images, self._samples):
            self._images, self._samples = images, samples
            self._first = 0
            self._draw()

    @property
    def place(self) -> str:
        """Which of how many images are shown, and how."""
        total = len(self._samples)
        last = min(total, self._first + self._page)
        times = ZOOMS[self._zoom]
        part = f"middle {times}x" if times > 1 else "whole"
        return f"{self._first + 1}-{last} of {total}, {part} (z)" if total else "no images"

    def turn(self, pages: int) -> None:
        """Turn pages, round and round."""
        count = -(-len(self._samples) // self._page) if self._samples else 1
        self._first = (self._first // self._page + pages) % count * self._page
        self._draw()

    def resize(self, steps: int) -> None:
        """Larger or smaller pictures."""
        wanted = self._step + steps
        # A step that the widget has no room for would change nothing that can be seen.
        while steps < 0 < wanted and SIDES[wanted] >= self._side:
            wanted -= 1
        self._step = min(max(wanted, 0), len(SIDES) - 1)
        self._draw()

    def zoom(self) -> None:
        """The middle of each image, then the whole again."""
        self._zoom = (self._zoom + 1) % len(ZOOMS)
        self._draw()

    def on_mount(self) -> None:
        """Draw anew once the terminal has said what it can."""
        self.watch(self.app, "way", self._draw, init=False)

    def on_unmount(self) -> None:
        """Leave nothing in the terminal."""
        pen = _pen(self.app)
        if pen is not None:
            pen[0].show(self, ())

    def on_resize(self) -> None:
        """Other columns and rows."""
        self._draw()

    @property
    def _side(self) -> int:
        return max(1, min(SIDES[self._step], self.size.width, 2 * max(1, self.size.height - 1)))

    @property
    def _shape(self) -> tuple[int, int]:
        across = max(1, (self.size.width + 1) // (self._side + 1))
        down = max(1, self.size.height // (-(-self._side // 2) + 1))
        return across, down

    @property
    def _page(self) -> int:
        across, down = self._shape
        return across * down

    def _draw(self) -> None:
        if not self.is_attached or not self.size.area:
            return
        self._first -= self._first % self._page
        shown = self._samples[self._first : self._first + self._page]
        self._draw_in_thread(tuple(shown), self._side, self._shape[0], _pen(self.app))

    @work(thread=True, exclusive=True, exit_on_error=False, group="pictures")
    def _draw_in_thread(
        self, shown: Sequence[Sample], side: int, across: int, pen: Pen | None
    ) -> None:
        worker = get_current_worker()
        plain = bool(getattr(self.app, "ascii", False))
        images, zoom = self._images, ZOOMS[self._zoom]
        made: list[Made] = []
        for sample in shown:
            if worker.is_cancelled or images is None:
                return
            source, spec = images
            decode, height = viewer(source, sample.path, spec), -(-side // 2)
            drawn = draw(decode, side, height, zoom=zoom, ascii=plain)
            picture = None
            if pen is not None and not drawn.trouble:
                painter, cell = pen
                with suppress(CorruptImage):  # it was none a moment ago
                    pixels = middle(decode, painter.side(side, height, cell), zoom)
                    picture = painter.prepare(pixels, side, height, cell)
            made.append((sample, drawn, picture))
        lines: list[Strip] = []
        for start in range(0, len(made), across):
            lines += _band(made[start : start + across], side)
        if not worker.is_cancelled:
            pictures = [picture for _, _, picture in made if picture is not None]
            self.app.call_from_thread(self._take, lines, pen, pictures)

    def _take(self, lines: list[Strip], pen: Pen | None, pictures: Sequence[PixelImage]) -> None:
        self._lines = lines
        if pen is not None and self.is_attached:
            pen[0].show(self, pictures)
        self.refresh()
        self.post_message(self.Turned())

    def render_line(self, y: int) -> Strip:
        """One line of pictures or of names."""
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        return self._lines[y].adjust_cell_length(width).apply_style(self.rich_style)


def _pen(app: App[Any]) -> Pen | None:
    return cast(Drawing, app).pictures.pen()


def _band(made: Sequence[Made], side: int) -> list[Strip]:
    """One row of pictures, and their names below."""
    height = -(-side // 2)
    lines: list[list[Segment]] = [[] for _ in range(height + 1)]
    for sample, drawn, picture in made:
        for y, (line, row) in enumerate(zip(lines, drawn.rows, strict=False)):
            line += [_segment(cell, picture, y, x) for x, cell in enumerate(row)]
            line.append(Segment(" "))
        name = f"{sample.split} {sample.path.rpartition('/')[2]}"
        text = set_cell_size(one_line(name), side)
        lines[-1] += [Segment(text, Style(dim=not drawn.trouble)), Segment(" ")]
    return [Strip(line) for line in lines]


def _segment(cell: Cell, picture: PixelImage | None, y: int, x: int) -> Segment:
    style = None
    if cell.ink is not None:
        ground = Color.from_rgb(*cell.ground) if cell.ground is not None else None
        style = Style(color=Color.from_rgb(*cell.ink), bgcolor=ground)
    if picture is not None:
        marked = mark(picture.key, y, x)
        style = marked if style is None else style + marked
    return Segment(cell.text, style)
