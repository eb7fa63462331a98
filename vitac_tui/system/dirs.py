"""Directories of the user: the cache, and paths as users type them."""

from __future__ import annotations

import os
from pathlib import Path

from vitac_tui.errors import UserError


def expanded(text: str) -> Path:
    """Return the path with `~` and `~user` replaced; an unknown user's path stays as it is."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 (Path.expanduser raises for such a user)


def default_cache_root() -> Path:
    """`$XDG_CACHE_HOME/vitac-tui`, or `~/.cache/vitac-tui`.

    Raises:
        UserError: neither the variable nor a home folder is known.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if base.startswith("/"):  # the XDG specification tells to ignore relative ones
        return Path(base) / "vitac-tui"
    try:
        return Path.home() / ".cache" / "vitac-tui"
    except RuntimeError:
        raise UserError(
            "no home folder is known to keep the cache in",
            where="dataset.cache",
            remedy="set dataset.cache to a folder, or the variable XDG_CACHE_HOME",
        ) from None


def cache_root(cache: str) -> Path | None:
    """The folder that `dataset.cache` means; None for "off".

    Raises:
        UserError: it can be none, or no home folder is known.
    """
    if cache == "off":
        return None
    if cache in ("auto", ""):
        return default_cache_root()
    if "\0" in cache:
        raise UserError(f"{cache!r} is no path", where="dataset.cache", remedy="name a folder")
    return expanded(cache).absolute()
