from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios

import pytest

from vitac_tui.errors import UserError
from vitac_tui.tui.terminal.graphics.choice import Answers, Way, cell_size, decide, wanted


@pytest.mark.parametrize(
    "version, attributes, way",
    [
        ("kitty(0.41.1)", (62,), "kitty"),
        ("kitty(0.28.0)", (62,), "kitty"),
        ("kitty(0.26.5)", (62,), "blocks"),  # Debian 12's, without placeholders
        ("ghostty 1.1.3", (62, 22), "kitty"),
        ("XTerm(379)", (63, 1, 2, 4, 6), "sixel"),
        ("XTerm(379)", (64, 1, 2, 6, 22, 28), "blocks"),
        ("WezTerm 20240203-110809-5046fc22", (65, 4, 6, 18, 22), "sixel"),
        ("foot(1.13.1)", (62, 4, 22), "sixel"),
        ("tmux 3.3a", (1, 2), "blocks"),
        ("tmux 3.4", (1, 2, 4), "sixel"),
        ("", (61, 4, 6, 7), "sixel"),  # Windows Terminal gives no version
        ("", (), "blocks"),
        ("(", (1,), "blocks"),
    ],
)
def test_the_terminal_decides(version: str, attributes: tuple[int, ...], way: Way) -> None:
    answers = Answers(version, None, attributes)
    assert decide("auto", answers) == way
    assert decide("blocks", answers) == "blocks"
    assert decide("sixel", answers) == "sixel"


@pytest.mark.parametrize(
    "environment, ascii, choice",
    [
        ({}, False, "auto"),
        ({"VITAC_TUI_IMAGES": ""}, False, "auto"),
        ({"VITAC_TUI_IMAGES": "kitty"}, False, "kitty"),
        ({"VITAC_TUI_IMAGES": "kitty"}, True, "blocks"),
        ({"VITAC_TUI_IMAGES": "sixel", "NO_COLOR": "1"}, False, "blocks"),
        ({"TERM": "linux"}, False, "blocks"),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False, "blocks"),
        ({"TERM": "linux", "VITAC_TUI_IMAGES": "sixel"}, False, "sixel"),
    ],
)
def test_the_environment_decides_first(
    environment: dict[str, str], ascii: bool, choice: str
) -> None:
    assert wanted(environment, ascii=ascii) == choice


def test_another_way_is_an_error_that_names_them() -> None:
    with pytest.raises(UserError, match=r"VITAC_TUI_IMAGES=png .*auto, blocks, kitty, sixel"):
        wanted({"VITAC_TUI_IMAGES": "png"}, ascii=False)


@pytest.mark.parametrize(
    "window, cell",
    [
        ((40, 120, 724, 524), (6, 13)),  # xterm: with its border
        ((24, 80, 0, 0), (9, 18)),  # not filled: as the terminal answered
        ((0, 0, 100, 100), (9, 18)),
    ],
)
def test_pixels_of_a_cell(
    window: tuple[int, int, int, int], cell: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *window))
    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "__stdout__", terminal)
        assert cell_size(Answers(cell=(9, 18))) == cell
    os.close(ours)
