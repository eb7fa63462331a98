"""Safe reading of files in run directories, which anybody may have put there.

Run directories are shared, copied and edited. A pipe under a known name would block its reader
forever, and a device would fill its memory. So every file of a run is opened here.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from vitac_tui.errors import UserError

#: Of a JSON file. These two bound the memory that reading it takes: some 200 MB.
_MOST_VALUES = 1_000_000
_MOST_CONTAINERS = 500_000


class FormError(UserError):
    """A file of a version of vitac-tui whose format this version does not read."""


def open_regular(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open a regular file without blocking and return its descriptor.

    Links are followed for reading only: resuming a copied run must not write to a file elsewhere
    that a link in it points at.

    Raises:
        FileNotFoundError: there is no such file, and `flags` do not create it.
        UserError: it cannot be opened, or is a folder, a pipe or a device.
    """
    writing = flags & (os.O_WRONLY | os.O_RDWR)
    safely = os.O_NONBLOCK | os.O_CLOEXEC | (os.O_NOFOLLOW if writing else 0)
    try:
        handle = os.open(path, flags | safely, 0o666)
    except OSError as problem:
        if isinstance(problem, FileNotFoundError) and not flags & os.O_CREAT:
            raise
        raise UserError(f"cannot be opened ({problem.strerror})", where=str(path)) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UserError("is not a regular file", where=str(path), remedy="remove or rename it")
    return handle


def read_bytes(path: Path, *, largest: int, remedy: str = "") -> bytes:
    """Return the content of a regular file.

    Args:
        path: the file.
        largest: size in bytes that no valid file exceeds.
        remedy: what would help, for the error message.

    Raises:
        UserError: it is missing, is not a regular file, cannot be read or is too large.
    """
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > largest:
                raise UserError(
                    f"is larger than {largest / 1e6:.0f} MB", where=str(path), remedy=remedy
                )
            return file.read(size)
    except OSError as problem:
        raise UserError(
            f"cannot be read ({problem.strerror})", where=str(path), remedy=remedy
        ) from None


def read_json(path: Path, *, form: int, largest: int) -> dict[str, Any]:
    """Return the JSON object in a file.

    Args:
        path: the file.
        form: the `schema` that this version reads.
        largest: size in bytes that no valid file exceeds.

    Raises:
        FormError: it has another `schema`.
        UserError: it is missing, too large or not a JSON object.
    """
    content = read_bytes(path, largest=largest)
    # Python needs a hundred bytes and more for a value that takes three in JSON. Zeros on lines of
    # their own, of which confusions consist, are shared and cost next to nothing.
    values = content.count(b",") - content.count(b" 0,\n")
    if values > _MOST_VALUES or content.count(b"[") + content.count(b"{") > _MOST_CONTAINERS:
        raise UserError("holds too many values", where=str(path))
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise UserError("is not JSON", where=str(path)) from None
    if not isinstance(data, dict):
        raise UserError("is not a JSON object", where=str(path))
    require_form(data.get("schema"), form, path)
    return data


def require_form(found: object, understood: int, path: Path) -> None:
    """Check that a record's `schema` is the one that this version reads.

    Raises:
        FormError: it is another one.
        UserError: it is not a number.
    """
    if type(found) is not int:
        raise UserError("has no number of its form (schema)", where=str(path))
    if found != understood:
        raise FormError(
            f"its record has form {found}, this version reads {understood}",
            where=str(path),
            remedy="use the version of vitac-tui that wrote it",
        )
