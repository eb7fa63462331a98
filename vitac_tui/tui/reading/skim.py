"""A long log read in a moment: of what comes often, every so many; of the rest, everything."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from vitac_tui.runs import events
from vitac_tui.system.files import open_regular

DENSE = 2_000_000  # bytes of a log up to which every line is read
CHUNK = 1 << 20
# As `events.to_line` begins them; a line of another form is merely not skipped.
OFTEN = rb'\{"t":[^,\n]*,"seq":\d+,"kind":"(?:train_step|unit_|checkpoint_saved)[^\n]*\n'


def whole_lines(path: Path) -> int:
    """Bytes of a log up to the end of its last whole line; 0 where there is no log."""
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
    """Records of the first `size` bytes of a log, thinned where it is dense.

    Steps and marks of units are given one of every so many, so that a log of a million events
    costs as much as one of `DENSE` bytes; whatever decides figures is never passed over. Blocks
    of such lines are matched by one regular expression, without a turn of the interpreter a line.

    Raises:
        UserError: what lies there is no log.
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
