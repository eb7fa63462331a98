"""Keeps the terminal for the app alone, and gives it back whatever happens.

Native libraries write to file descriptors 1 and 2 without asking Python. So the app draws on
duplicates of them, and 1 and 2 themselves go to a log file.
"""

from __future__ import annotations

import codecs
import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vitac_tui.system.dirs import state_folder

LARGEST_LOG = 1_000_000  # bytes; a larger one is started anew
RESTORE = (
    "\x1b[<u"  # the keyboard protocol
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l"  # the mouse
    "\x1b[?2004l\x1b[?1004l\x1b[?2048l"  # bracketed paste, focus, resize reports
    "\x1b[?1049l\x1b[?25h\x1b[0m"  # the screen before, the cursor, plain colours
)


def log_path() -> Path:
    """Where everything goes that would have been printed over the screen."""
    return state_folder() / "app.log"


def ascii_only() -> bool:
    """Whether the locale asks for ASCII: named, and neither UTF-8 nor anything with it.

    Python itself turns a C locale into C.UTF-8, so its own encoding says nothing.
    """
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = os.environ.get(name, "")
        if name == "LC_CTYPE" and value == "C.UTF-8" and os.environ.get("LANG") in ("C", "POSIX"):
            continue  # set by Python (PEP 538), not by the user
        if value:
            return "utf" not in value.lower()
    return False


_PLAIN = {
    **dict.fromkeys("│┃║▏▎▍▌▐▕╎┊", "|"),
    **dict.fromkeys("─═╌┄▁▔▂▃", "-"),
    "━": "=",
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰┏┓┗┛╸╺╹╻", "+"),
    **dict.fromkeys("█▇▆▅▄▀▊▋▉■", "#"),
    **dict.fromkeys("▶►▸→", ">"),
    **dict.fromkeys("◀◄◂←", "<"),
    **dict.fromkeys("▲△↑", "^"),
    **dict.fromkeys("▼▽↓", "v"),
    **dict.fromkeys("●•·◉", "*"),
    **dict.fromkeys("…", "."),
    **dict.fromkeys("✓✔", "y"),
    **dict.fromkeys("–—", "-"),
    **dict.fromkeys("\u00a0", " "),
}


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """An encoding error handler: the nearest ASCII character, one for one."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character, "?") for character in text), error.end


@contextmanager
def guarded() -> Iterator[Path]:
    """Within it, `sys.__stdout__` and `sys.__stderr__` are the terminal and 1 and 2 a log file.

    Textual writes to the one and takes the size of the other. Must be entered before Textual is
    imported.
    """
    codecs.register_error("vitac-plain", _plainly)
    path = _open_log()
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    kept = {number: os.dup(number) for number in (1, 2)}
    before = (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)
    terminal = [_stream(os.dup(kept[number])) for number in (1, 2)]
    sys.__stdout__, sys.__stderr__ = terminal  # type: ignore[misc]
    handler = logging.FileHandler(path)
    logging.captureWarnings(True)
    logging.getLogger().addHandler(handler)
    try:
        for number in (1, 2):
            os.dup2(log, number)
        yield path
    finally:
        for number, duplicate in kept.items():
            os.dup2(duplicate, number)
            os.close(duplicate)
        os.close(log)
        logging.getLogger().removeHandler(handler)
        logging.captureWarnings(False)
        handler.close()
        sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__ = before  # type: ignore[misc]
        for stream in terminal:
            with suppress(OSError, ValueError):
                stream.close()


def _open_log() -> Path:
    try:
        path = log_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.unlink()
        path.touch(0o600)
        return path
    except (OSError, RuntimeError):  # no home, or one that cannot be written
        return Path(os.devnull)


def _stream(number: int) -> io.TextIOWrapper:
    encoding, errors = ("ascii", "vitac-plain") if ascii_only() else ("utf-8", "replace")
    return io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(number, "w")), encoding=encoding, errors=errors
    )


def restore(number: int, first: str = "") -> None:
    """Give the terminal back from outside of Textual, when that can no longer do it.

    Args:
        number: the terminal's file descriptor.
        first: what is written before, while the app's screen is still there.
    """
    with suppress(OSError):
        os.write(number, (first + RESTORE).encode())
