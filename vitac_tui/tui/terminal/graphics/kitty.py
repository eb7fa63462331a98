"""Kitty's graphics protocol with Unicode placeholders: pictures that are text to everyone else.

An image is sent once, with a number, and shows wherever cells with U+10EEEE stand in the colour
of that number; two marks on the character say which row and column of the image a cell shows.
https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders
"""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

from PIL import Image

from vitac_tui.images.images import Pixels

#: The palette's colours above the 16 that themes change. A number in 24 bits would be lost where
#: the colours of a terminal are thought to be 256, as over SSH, which passes no COLORTERM.
NUMBERS = range(16, 256)

_PLACEHOLDER = "\U0010eeee"
_CHUNK = 4096  # bytes of payload in one sequence, at most

# The start of kitty's rowcolumn-diacritics.txt, with inclusive ranges.
_RANGES = """
305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1
5a8-5a9 5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733
735-736 73a 73d 73f-741 743 745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 829-82d
"""
MARKS = "".join(
    chr(code)
    for first, _, last in (part.partition("-") for part in _RANGES.split())
    for code in range(int(first, 16), int(last or first, 16) + 1)
)


def payload(pixels: Pixels) -> str:
    """uint8 [height, width, 3] as PNG, in base64."""
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return b64encode(buffer.getvalue()).decode()


def send(number: int, payload: str, columns: int, rows: int) -> str:
    """The sequences that send an image which will be as large as so many cells.

    Whatever becomes of it, the terminal does not answer (q=2).
    """
    parts = [payload[at : at + _CHUNK] for at in range(0, len(payload), _CHUNK)]
    keys = f"a=T,U=1,q=2,f=100,i={number},c={columns},r={rows},"
    sequences = []
    for place, part in enumerate(parts, 1):
        more = int(place < len(parts))
        sequences.append(f"\x1b_G{keys}m={more};{part}\x1b\\")
        keys = "q=2,"
    return "".join(sequences)


def delete(number: int) -> str:
    """The sequence that frees an image."""
    return f"\x1b_Ga=d,d=I,q=2,i={number}\x1b\\"


def cell(row: int, column: int) -> str:
    """The character that shows this cell of an image."""
    return _PLACEHOLDER + MARKS[row] + MARKS[column]
