"""Read a long log quickly: a sample of the frequent events, and all others."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from vitac_tui.runs import events
from vitac_tui.system.files import open_regular

DENSE = 2_000_000  # logs of up to this many bytes are read in full
CHUNK = 1 << 20
# Lines as `events.to_line` writes them. A line of another form is never skipped.
OFTEN = rb'\{"t":[^,\n]*,"seq":\d+,"kind":"(?:train_step|unit_|checkpoint_saved)[^\n]*\n'


def whole_lines(path: Path) -> int:
    """Return the bytes of a log up to the end of its last complete line; 0 if there is no log."""
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            while size > 0:
                start = max(0, size - CHUNK)
                file.seek(start)
                found = file.read(size - start).rfind(b"\n")
                if found >= 0:
                    return start + found + 1
                size = start
    except FileNotFoundError:
        pass
    return 0


def skim(path: Path, size: int) -> Iterator[events.Record]:
    """Yield the records of the first `size` bytes of a log, skipping some of the frequent ones.

    Only one in n training steps, unit events and checkpoint events is parsed, so that a log of a
    million events takes as long as one of `DENSE` bytes. Events that determine results are never
    skipped. One regular expression matches a block of skipped lines, which avoids a loop in Python.

    Raises:
        UserError: the file is not a log.
    """
    block = re.compile(rb"(?:%s){1,%d}" % (OFTEN, max(1, -(-size // DENSE))))
    rest = b""
    if not size:
        return
    with os.fdopen(open_regular(path), "rb") as file:
        while size > 0 and (chunk := file.read(min(CHUNK, size))):
            size -= len(chunk)
            whole, newline, rest = (rest + chunk).rpartition(b"\n")
            yield from _records(whole + newline, block)


def _records(text: bytes, block: re.Pattern[bytes]) -> Iterator[events.Record]:
    at = 0
    while at < len(text):
        end = text.index(b"\n", at) + 1
        record = events.from_line(text[at:end].decode("utf-8", "replace"))
        if record is not None:
            yield record
        match = block.match(text, at)
        at = match.end() if match else end
