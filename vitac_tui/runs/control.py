"""Requests to a run: files in its `control` folder, so that they cross hosts.

A request is `control/<id>.json`, made by a rename: {"schema", "id", "request", "by", "t"}. The
run removes it and answers by a `request_answered` event with the same id.
"""

from __future__ import annotations

import errno
import getpass
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from vitac_tui.runs import jsontext
from vitac_tui.system.atomic import TEMPORARY, write_atomic

SCHEMA = 1
_LARGEST = 10_000  # bytes; whatever is larger is no request
What = Literal["stop", "stop_now", "pause", "unpause", "checkpoint"]


@dataclass(frozen=True)
class Request:
    """One thing asked of a run; `request` is not of `What` when the file could not be read."""

    id: str
    request: str
    by: str
    t: float
    schema: int = SCHEMA


def ask(control: Path, what: What) -> Request:
    """Leave a request for a run.

    Raises:
        OSError: the folder cannot be written, or is a link to another one.
    """
    if control.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(control))
    by = f"{_user()}@{os.uname().nodename}, process {os.getpid()}"
    request = Request(secrets.token_hex(6), what, by, time.time())
    write_atomic(control / f"{request.id}.json", jsontext.document(asdict(request)))
    return request


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, ImportError, OSError):  # a container without a name for this user
        return f"user {os.getuid()}"


def take(control: Path) -> Iterator[Request]:
    """Requests in the order of their making, each removed before it is given.

    Whatever lies in the folder ends here: what is no request comes out as one that nobody knows.
    """
    try:
        paths = [path for path in control.iterdir() if not path.name.startswith(TEMPORARY)]
    except OSError:
        return
    yield from sorted((_read(path) for path in paths), key=lambda request: request.t)


def _read(path: Path) -> Request:
    unknown = Request(path.stem, "", "?", time.time())
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            return unknown
        data = json.loads(path.read_bytes())
        request, by, t = str(data["request"]), str(data["by"]), float(data["t"])
        known = data["schema"] == SCHEMA and request in get_args(What)
        return Request(path.stem, request if known else "", by, t)
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return unknown
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        # A folder, or no right to remove it: moved out of the way, it is not seen again.
        with suppress(OSError):
            path.rename(path.with_name(f"{TEMPORARY}{path.name}"))
