"""A terminal that draws pictures, for tests: what it was sent becomes pixels and cells.

It knows what the app writes and nothing else. Sixels are decoded by the manual of the VT340,
placeholders by kitty's page, both without the code under test.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from io import BytesIO

import numpy as np
from PIL import Image

_TOKEN = re.compile(
    r"\x1bP(?P<dcs>.*?)\x1b\\|\x1b_(?P<apc>.*?)\x1b\\|\x1b\](?P<osc>.*?)(?:\x07|\x1b\\)"
    r"|\x1b\[(?P<csi>[ -?]*)(?P<final>[@-~])|\x1b(?P<escape>[^\[P_\]])|(?P<text>[^\x1b]+)",
    re.DOTALL,
)
_PLACEHOLDER = "\U0010eeee"
_SIXEL = re.compile(r'"([\d;]+)|#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])')


class PixelTerminal:
    """Columns and lines of cells, each so many pixels across and down."""

    def __init__(self, size: tuple[int, int], cell: tuple[int, int]) -> None:
        self.size, self.cell = size, cell
        self.cells: dict[tuple[int, int], str] = {}  # by column and line
        self.numbers: dict[tuple[int, int], int] = {}  # colour of the palette of that cell
        self.images: dict[int, np.ndarray] = {}  # kitty's, by number
        self.placed: dict[int, tuple[int, int]] = {}  # their columns and rows
        self.sixels = 0
        self._x = self._y = self._number = 0
        self._rest = ""
        self._payload: tuple[dict[str, str], str] | None = None
        self._clear()

    def _clear(self) -> None:
        (columns, lines), (wide, high) = self.size, self.cell
        self.pixels = np.full((lines * high, columns * wide, 3), -1)
        self.cells.clear()

    def feed(self, data: str) -> None:
        """Do what the app wrote."""
        data, self._rest = self._rest + data, ""
        at = 0
        while at < len(data):
            token = _TOKEN.match(data, at)
            if token is None:
                self._rest = data[at:]
                return
            at = token.end()
            if token["text"] is not None:
                self._write(token["text"])
            elif token["final"] is not None:
                self._control(token["csi"], token["final"])
            elif token["dcs"] is not None:
                self._draw(token["dcs"])
            elif token["apc"] is not None:
                self._graphics(token["apc"])

    def line(self, y: int) -> str:
        """The text of a line."""
        return "".join(self.cells.get((x, y), " ") for x in range(self.size[0])).rstrip()

    def find(self, pattern: str) -> tuple[int, int]:
        """Column and line of a text."""
        for y in range(self.size[1]):
            if found := re.search(pattern, self.line(y)):
                return found.start(), y
        raise AssertionError(
            f"no {pattern!r} among:\n" + "\n".join(map(self.line, range(self.size[1])))
        )

    def area(self, x: int, y: int, columns: int, lines: int) -> np.ndarray:
        """Pixels of cells, int [height, width, 3]; -1 where none were drawn."""
        wide, high = self.cell
        return self.pixels[y * high : (y + lines) * high, x * wide : (x + columns) * wide]

    def _write(self, text: str) -> None:
        for character in text:
            if character == "\r":
                self._x = 0
            elif character == "\n":
                self._y += 1
            elif character >= " " and not _marks(character):
                self.cells[self._x, self._y] = character
                self.numbers[self._x, self._y] = self._number
                self.area(self._x, self._y, 1, 1)[:] = -1  # text takes the place of pixels
                self._x += 1
            elif _marks(character):
                self.cells[self._x - 1, self._y] += character

    def _control(self, parameters: str, final: str) -> None:
        numbers = [int(part) for part in parameters.split(";") if part.isdecimal()]
        if final == "H":
            self._y, self._x = (numbers or [1, 1])[0] - 1, (numbers or [1, 1])[-1] - 1
        elif final == "C":
            self._x += numbers[0]
        elif final == "m":
            found = re.search(r"(?:^|;)38;5;(\d+)", parameters)
            self._number = int(found[1]) if found else 0
        elif final in "hl" and parameters == "?1049":
            self._clear()

    def _draw(self, text: str) -> None:
        head, _, body = text.partition("q")
        assert head == "0;1;0", head
        self.sixels += 1
        decoded = decode(body)
        top, left = self._y * self.cell[1], self._x * self.cell[0]
        height, width = decoded.shape[:2]
        assert top + height <= self.pixels.shape[0] - self.cell[1], "that would scroll"
        place = self.pixels[top : top + height, left : left + width]
        place[:] = np.where(decoded < 0, place, decoded)

    def _graphics(self, text: str) -> None:
        head, _, payload = text[1:].partition(";")
        keys = dict(part.split("=") for part in head.split(","))
        if keys.get("a") == "d":
            assert keys["d"] == "I"
            del self.images[int(keys["i"])], self.placed[int(keys["i"])]
            return
        assert len(payload) <= 4096
        first, before = self._payload or (keys, "")
        self._payload = (first, before + payload)
        if keys["m"] == "0":
            number = int(first["i"])
            assert number not in self.images
            with Image.open(BytesIO(b64decode(before + payload))) as image:
                self.images[number] = np.array(image.convert("RGB"))
            self.placed[number] = int(first["c"]), int(first["r"])
            self._payload = None


def decode(body: str) -> np.ndarray:
    """Sixel data to int [height, width, 3], -1 where nothing is drawn."""
    palette: dict[int, tuple[int, ...]] = {}
    at = x = y = colour = 0
    pixels = np.zeros((0, 0, 3), int)
    while at < len(body):
        token = _SIXEL.match(body, at)
        assert token is not None, body[at : at + 20]
        at = token.end()
        raster, number, red, green, blue, times, repeated, single, move = token.groups()
        if raster:
            _, _, width, height = map(int, raster.split(";"))
            pixels = np.full((height, width, 3), -1)
        elif number:
            colour = int(number)
            if red:
                palette[colour] = tuple(round(int(c) * 255 / 100) for c in (red, green, blue))
        elif move:
            x, y = 0, y + 6 * (move == "-")
        else:
            length, bits = int(times or 1), ord(repeated or single) - 63
            for row in range(6):
                if bits >> row & 1:
                    assert y + row < len(pixels)
                    assert x + length <= pixels.shape[1]
                    pixels[y + row, x : x + length] = palette[colour]
            x += length
    return pixels


def _marks(character: str) -> bool:
    return unicodedata.combining(character) == 230
