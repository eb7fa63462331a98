"""Making broken files of sound ones, by chance that can be repeated."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Mutation = Callable[[Random, bytes], bytes]

NUMBERS = (
    b"0", b"-1", b"2147483648", b"9223372036854775808", b"-9223372036854775809", b"1e308", b"1e999",
    b"-0.0", b"NaN", b"Infinity", b"0x10", b"1_0", b"9" * 400, b"9" * 5000,
)  # fmt: skip
PIECES = (
    b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\t", b",", b";", b'"', b"'", b"=",
    b".", b"{", b"}", b"[", b"]", b"[[", b"\\", b"\\u0000", b"\\ud800", b"../", b"/etc/hosts",
    b"\x1b[2J", b"\xe2\x80\xae", b"[bold red]", b"null", b"true", b"{}", b"[]", b'""',
)  # fmt: skip


def flip(random: Random, data: bytes) -> bytes:
    """A few bits differ."""
    made = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        if made:
            made[random.randrange(len(made))] ^= 1 << random.randrange(8)
    return bytes(made)


def truncate(random: Random, data: bytes) -> bytes:
    """The end is missing."""
    return data[: random.randrange(len(data) + 1)]


def splice(random: Random, data: bytes) -> bytes:
    """A part stands in the place of another."""
    start, end = sorted(random.randrange(len(data) + 1) for _ in "12")
    at, to = sorted(random.randrange(len(data) + 1) for _ in "12")
    return data[:at] + data[start:end] + data[to:]


def insert(random: Random, data: bytes) -> bytes:
    """Something that means something stands where it does not belong."""
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(PIECES) * random.choice((1, 1, 1, 100)) + data[at:]


def number(random: Random, data: bytes) -> bytes:
    """A number is another one."""
    found = list(re.finditer(rb"-?\d+(\.\d+)?", data))
    if not found:
        return insert(random, data)
    at = random.choice(found)
    return data[: at.start()] + random.choice(NUMBERS) + data[at.end() :]


def word(random: Random, data: bytes) -> bytes:
    """A word is another one of the file's."""
    found = list(re.finditer(rb"[A-Za-z_]+", data))
    if len(found) < 2:
        return flip(random, data)
    at, other = random.choice(found), random.choice(found)
    return data[: at.start()] + other[0] + data[at.end() :]


def line(random: Random, data: bytes) -> bytes:
    """Lines stand twice, elsewhere, or not at all."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    taken = random.choice(lines)
    if random.random() < 0.5:
        lines.remove(taken)
    lines.insert(random.randrange(len(lines) + 1), taken * random.choice((0, 1, 1, 50)))
    return b"".join(lines)


def nest(random: Random, data: bytes) -> bytes:
    """Brackets within brackets."""
    at, times = random.randrange(len(data) + 1), random.choice((20, 1000, 50_000))
    opening, closing = random.choice(((b"[", b"]"), (b"{", b"}"), (b'{"a":', b"}"), (b"a.", b"")))
    close = closing * times if random.random() < 0.5 else b""
    return data[:at] + opening * times + close + data[at:]


MUTATIONS: tuple[Mutation, ...] = (flip, truncate, splice, insert, number, word, line, nest)


def mutated(random: Random, data: bytes) -> bytes:
    """A sound file with one to four things wrong."""
    for _ in range(random.choice((1, 1, 2, 4))):
        data = random.choice(MUTATIONS)(random, data)
    return data
