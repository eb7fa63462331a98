"""The dataset's pictures in terminals that draw pixels, with the command as a process in them."""

from __future__ import annotations

import os
import signal
import time
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from pixelterm import PixelTerminal
from support import PATIENCE_S, Terminal

from vitac_tui.data.source import FolderSource
from vitac_tui.images.images import viewer
from vitac_tui.images.spec import ImageSpec
from vitac_tui.tui.reading.halfblocks import UPPER, middle
from vitac_tui.tui.terminal.graphics import kitty
from vitac_tui.tui.terminal.graphics.choice import QUESTIONS

SIZE, CELL = (100, 30), (8, 17)
SIXEL = "\x1bP>|XTerm(379)\x1b\\\x1b[?63;1;2;4;6;9;15;16;22;28c"
KITTY = "\x1bP>|kitty(0.41.1)\x1b\\\x1b[6;17;8t\x1b[?62;c"
TMUX = "\x1bP>|tmux 3.3a\x1b\\\x1b[?1;2c"
DOWN = "\x1b[B"


class Played(Terminal):
    """The app in a terminal that is played: it answers what it is asked, and draws."""

    def __init__(self, answers: str, place: Path, environment: dict[str, str]) -> None:
        # COLUMNS and LINES, which xdist sets, would stand in for the terminal's own size.
        kept = {k: v for k, v in environment.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
        super().__init__(cwd=place, env=kept, size=SIZE, cell=CELL)
        self.screen = PixelTerminal(SIZE, CELL)
        self._answers = answers
        self._asked = ""
        self._decode = getincrementaldecoder("utf-8")().decode

    def reads(self, within_s: float) -> bytes:
        data = super().reads(within_s)
        text = self._decode(data)
        self.screen.feed(text)
        self._asked += text
        if QUESTIONS in self._asked:
            self._asked = ""
            self.types(self._answers)
        return data

    def until(self, condition: Callable[[], object], what: object) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            lines = "\n".join(map(self.screen.line, range(SIZE[1])))
            assert time.monotonic() < end, f"never {what}:\n{lines}"
            self.reads(0.05)

    def shows(self, text: str) -> None:
        lines = range(SIZE[1])
        self.until(lambda: any(text in self.screen.line(y) for y in lines), repr(text))

    def quiet(self) -> None:
        """Wait until nothing more is written, but for a cursor that blinks."""
        end = time.monotonic() + PATIENCE_S
        written = 1000
        while written > 500:
            assert time.monotonic() < end, "never quiet"
            written, pause = 0, time.monotonic() + 0.4
            while (left := pause - time.monotonic()) > 0:
                written += len(self.reads(left))

    def pictures(self, root: Path) -> Played:
        """The pictures of a dataset."""
        self.shows("No runs yet")
        self.types("i")
        self.shows("choose a folder")
        self.types("/")
        self.quiet()
        self.types(f"{root}\r")
        self.shows("36 images")
        self.types("3")
        self.shows(" g0_0.png")
        self.quiet()
        return self

    def place(self, name: str) -> tuple[int, int, int, int]:
        """The picture above a name: column, line, columns, lines."""
        self.shows(f" {name}")
        x, y = self.screen.find(rf"(train|val|test) {name}")
        return x, y - 15, 30, 15

    def draws(self, folder: Path, *names: str) -> None:
        """Wait until these images are on show, in sixels and in the middle of their cells."""
        side = min(30 * CELL[0], 15 * CELL[1])
        top = (15 * CELL[1] - side) // 2

        def shown(name: str) -> bool:
            drawn = self.screen.area(*self.place(name))
            image = middle(viewer(FolderSource(folder), name, ImageSpec(side)), side, 2)
            around = np.concatenate([drawn[:top], drawn[top + side :]])
            return (around == -1).all() and np.abs(drawn[top : top + side] - image).mean() < 6

        self.until(lambda: all(map(shown, names)), names)

    def draws_nothing(self) -> None:
        """Wait until no pixel is left."""
        self.until(lambda: (self.screen.pixels == -1).all(), "without pixels")

    @property
    def stopped(self) -> bool:
        """Whether the process is suspended."""
        state = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "T"

    def leaves(self, keys: str = "q") -> int:
        self.types(keys)
        code = self.ends(10)
        with suppress(OSError):  # it is gone
            while self.reads(0.1):
                pass
        return code


FIRST = ("g0_0.png", "g0_1.png", "g0_2.png")
SECOND = ("g1_0.png", "g1_1.png", "g1_2.png")


def test_sixels_show_the_images_and_are_not_drawn_twice(
    place: Path, stripes: Path, environment: dict[str, str]
) -> None:
    terminal = Played(SIXEL, place, environment).pictures(stripes)
    terminal.draws(stripes / "class0", *FIRST)
    assert terminal.screen.sixels == 3
    for keys in ("/", "\x1b", "3", "\x1b[O", "\x1b[I"):  # the focus goes, the window's too
        terminal.types(keys)
        terminal.quiet()
    terminal.draws(stripes / "class0", *FIRST)
    assert terminal.screen.sixels == 3
    terminal.types("n")
    terminal.draws(stripes / "class0", *SECOND)
    assert terminal.screen.sixels == 6
    terminal.types("2")
    terminal.shows("groups (unknown)")
    terminal.draws_nothing()
    terminal.types(DOWN)
    terminal.quiet()
    terminal.types("3")
    terminal.draws(stripes / "class1", *FIRST)
    assert terminal.leaves() == 0
    terminal.draws_nothing()


def test_what_lies_over_pictures_leaves_no_trace_of_them_nor_on_them(
    place: Path, stripes: Path, environment: dict[str, str]
) -> None:
    terminal = Played(SIXEL, place, environment).pictures(stripes)
    terminal.draws(stripes / "class0", *FIRST)
    terminal.types("\x10")  # the palette: a modal screen, which dims what is below
    terminal.shows("Search for commands")
    terminal.draws_nothing()
    terminal.types("\x1b")
    terminal.draws(stripes / "class0", *FIRST)
    terminal.types("?")  # the panel with the keys
    terminal.shows("1-2 of 12")
    terminal.draws(stripes / "class0", *FIRST[:2])
    terminal.types("?")
    terminal.draws(stripes / "class0", *FIRST)
    terminal.types("\x1b")  # the screen is left
    terminal.shows("No runs yet")
    terminal.draws_nothing()
    assert terminal.leaves() == 0


def numbers(terminal: Played, name: str) -> set[int]:
    """Kitty's images in the cells above a name, each cell of them in its place."""
    x, y, columns, lines = terminal.place(name)
    found = set()
    for line in range(lines):
        for column in range(columns):
            at = (x + column, y + line)
            assert terminal.screen.cells[at] == kitty.cell(line, column)
            found.add(terminal.screen.numbers[at])
    return found


def test_kitty_keeps_the_images_on_show_and_no_others(
    place: Path, stripes: Path, environment: dict[str, str]
) -> None:
    terminal = Played(KITTY, place, environment).pictures(stripes)
    screen = terminal.screen
    for names in (FIRST, SECOND):
        for name in names:
            (number,) = numbers(terminal, name)
            expected = middle(
                viewer(FolderSource(stripes / "class0"), name, ImageSpec(240)), 240, 2
            )
            assert (screen.images[number] == expected).all()
            assert screen.placed[number] == (30, 15)
        assert len(screen.images) == 3
        terminal.types("n")
        terminal.quiet()
    terminal.types("\x10")
    terminal.shows("Search for commands")
    terminal.quiet()
    assert not any("\U0010eeee" in text for text in screen.cells.values())
    terminal.types("\x1b")
    terminal.quiet()
    sent = dict(screen.images)
    os.kill(terminal.process.pid, signal.SIGTSTP)
    terminal.until(lambda: not screen.images and terminal.stopped, "stopped, images freed")
    os.kill(terminal.process.pid, signal.SIGCONT)
    terminal.until(lambda: screen.images.keys() == sent.keys(), "images sent anew")
    terminal.quiet()
    assert terminal.leaves() == 0
    assert not screen.images


def test_an_end_by_signal_frees_kittys_images(
    place: Path, stripes: Path, environment: dict[str, str]
) -> None:
    terminal = Played(KITTY, place, environment).pictures(stripes)
    assert terminal.screen.images
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.leaves("") == 75
    assert not terminal.screen.images


@pytest.mark.parametrize("answers", ["", TMUX, "\x1b[?1;2c"])
def test_other_terminals_get_half_blocks(
    place: Path, stripes: Path, environment: dict[str, str], answers: str
) -> None:
    terminal = Played(answers, place, environment).pictures(stripes)
    x, y, columns, _ = terminal.place("g0_0.png")
    assert terminal.screen.line(y)[x : x + columns] == UPPER * columns
    assert (terminal.screen.pixels == -1).all()
    assert not terminal.screen.images
    assert terminal.leaves() == 0


@pytest.mark.parametrize("answers", [SIXEL, KITTY])
def test_an_answer_may_come_when_the_pictures_stand_already(
    place: Path, stripes: Path, environment: dict[str, str], answers: str
) -> None:
    terminal = Played("", place, environment).pictures(stripes)
    before = terminal.screen.line(1)
    for start in range(0, len(answers), 5):
        terminal.types(answers[start : start + 5])
    terminal.until(lambda: terminal.screen.sixels or terminal.screen.images, "pictures")
    terminal.quiet()
    if answers == SIXEL:
        terminal.draws(stripes / "class0", *FIRST)
    else:
        assert len(numbers(terminal, "g0_0.png")) == 1
    assert terminal.screen.line(1) == before  # no part of it was a key
    assert terminal.leaves() == 0


def test_the_user_decides(place: Path, stripes: Path, environment: dict[str, str]) -> None:
    for chosen, answers in (("blocks", KITTY), ("sixel", "")):
        told = {**environment, "VITAC_TUI_IMAGES": chosen}
        terminal = Played(answers, place, told).pictures(stripes)
        assert bool(terminal.screen.sixels) == (chosen == "sixel")
        assert not terminal.screen.images
        assert terminal.leaves() == 0
