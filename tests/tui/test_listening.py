from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from textual import events
from textual.message import Message

from vitac_tui.tui.terminal.graphics.choice import Answers
from vitac_tui.tui.terminal.graphics.listening import PATIENCE_S, Answered, Listening

XTERM = "\x1bP>|XTerm(379)\x1b\\\x1b[6;17;8t\x1b[?64;1;2;4;6;9;15;16;17;18;21;22;28c"
KNOWN = Answers("XTerm(379)", (8, 17), (64, 1, 2, 4, 6, 9, 15, 16, 17, 18, 21, 22, 28))


def keys(messages: Iterable[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, events.Key)]


def answers(messages: Iterable[Message]) -> list[Answers]:
    return [message.answers for message in messages if isinstance(message, Answered)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_answers_in_pieces_are_no_keys(size: int) -> None:
    text = "j" + XTERM + "kq"
    parser = Listening()
    messages: list[Message] = []
    for at in range(0, len(text), size):
        messages += parser.feed(text[at : at + size])
        messages += parser.tick()
    assert keys(messages) == ["j", "k", "q"]
    assert answers(messages) == [KNOWN]


def test_keys_typed_between_the_answers_arrive() -> None:
    parser = Listening()
    messages = [*parser.feed("\x1bP>|foot(1.13.1)\x1b\\i\x1b[A"), *parser.feed("\x1b[?62;4;22cq")]
    assert keys(messages) == ["i", "up", "q"]
    assert answers(messages) == [Answers("foot(1.13.1)", None, (62, 4, 22))]


@pytest.mark.parametrize(
    "typed, expected",
    [
        ("\x1b", ["escape"]),
        ("\x1bP", ["alt+shift+p"]),
        ("\x1b[", ["left_square_bracket"]),
        ("\x1b[6~", ["pagedown"]),
        ("\x1b[Bx", ["down", "x"]),
    ],
)
def test_keys_that_begin_as_answers_do_are_keys_after_a_moment(
    typed: str, expected: list[str]
) -> None:
    parser = Listening()
    messages = list(parser.feed(typed))
    end = time.monotonic() + 10 * PATIENCE_S
    while not keys(messages) and time.monotonic() < end:
        time.sleep(PATIENCE_S / 4)
        messages += parser.tick()
    assert keys(messages) == expected


def test_textuals_own_reports_still_arrive() -> None:
    names = [type(message).__name__ for message in Listening().feed("\x1b[?2026;2$y" + XTERM)]
    assert names == ["TerminalSupportsSynchronizedOutput", "Answered"]


def test_garbage_is_as_it_was_without_us() -> None:
    typed = "\x1b[?62;x\x1bP1$r0m\x1b\\\x1b[6;17t"
    from vitac_tui.tui.terminal.textual_private import XTermParser

    assert keys(Listening().feed(typed + "z")) == keys(XTermParser().feed(typed + "z"))


def test_after_the_last_answer_nothing_is_looked_at() -> None:
    parser = Listening()
    list(parser.feed(XTERM))
    assert not answers(parser.feed(XTERM))
