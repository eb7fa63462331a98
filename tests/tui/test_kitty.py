from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from pixelterm import PixelTerminal

from vitac_tui.tui.terminal.graphics import kitty
from vitac_tui.tui.widgets.imagegrid import SIDES

# Those of class 230 that kitty leaves out, since normalisation may join them with others.
_LEFT_OUT = [*range(0x300, 0x305), *range(0x306, 0x30D), 0x30F, 0x311, 0x313, 0x314, 0x342]
_LEFT_OUT += [0x653, 0x654]


def test_the_marks_are_those_of_kittys_rule() -> None:
    ruled = [
        chr(code)
        for code in range(0x300, 0x82E)
        if unicodedata.combining(chr(code)) == 230
        and not unicodedata.decomposition(chr(code))
        and code not in _LEFT_OUT
    ]
    assert list(kitty.MARKS) == ruled


def test_there_are_marks_for_the_largest_picture() -> None:
    assert len(set(kitty.MARKS)) == len(kitty.MARKS) >= max(SIDES)


@pytest.mark.parametrize("side", [1, 100])
def test_an_image_arrives_as_it_is_and_is_freed(side: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    terminal = PixelTerminal((10, 10), (8, 16))
    terminal.feed(kitty.send(20, kitty.payload(pixels), 12, 6))
    assert (terminal.images[20] == pixels).all()
    assert terminal.placed[20] == (12, 6)
    terminal.feed(kitty.delete(20))
    assert not terminal.images
