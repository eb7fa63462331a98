"""Directories of the user: caches, preferences and state, and paths as users type them."""

from __future__ import annotations

import os
from pathlib import Path

from vitac_tui.errors import UserError

_NAME = "vitac-tui"


def expanded(text: str) -> Path:
    """Return the path with `~` and `~user` replaced; an unknown user's path stays as it is."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 (Path.expanduser raises for such a user)


def config_folder() -> Path:
    """Return the folder of the user's preferences; on Linux, `~/.config/vitac-tui`.

    Raises:
        RuntimeError: no home folder is known.
    """
    import platformdirs

    return _absolute(platformdirs.user_config_dir(_NAME), ".config")


def state_folder() -> Path:
    """Return the folder of logs and of what was seen last; on Linux, `~/.local/state/vitac-tui`.

    Raises:
        RuntimeError: no home folder is known.
    """
    import platformdirs

    return _absolute(platformdirs.user_state_dir(_NAME), ".local/state")


def default_cache_root() -> Path:
    """Return the folder of caches; on Linux, `~/.cache/vitac-tui`.

    Raises:
        UserError: no home folder is known.
    """
    import platformdirs

    try:
        return _absolute(platformdirs.user_cache_dir(_NAME), ".cache")
    except RuntimeError:
        raise UserError(
            "no home folder is known to keep the cache in",
            where="dataset.cache",
            remedy="set dataset.cache to a folder, or the variable XDG_CACHE_HOME",
        ) from None


def cache_root(cache: str) -> Path | None:
    """Return the folder that `dataset.cache` stands for; None for "off".

    Raises:
        UserError: it cannot be a folder, or no home folder is known.
    """
    if cache == "off":
        return None
    if cache in ("auto", ""):
        return default_cache_root()
    if "\0" in cache:
        raise UserError(f"{cache!r} is not a path", where="dataset.cache", remedy="name a folder")
    return expanded(cache).absolute()


def _absolute(folder: str, default: str) -> Path:
    """Return a folder of platformdirs, or the default below the home folder.

    An XDG variable with a relative path must be ignored, says its specification; platformdirs
    takes it. Without a home folder, platformdirs leaves "~" in the path.
    """
    path = Path(folder)
    return path if path.is_absolute() else Path.home() / default / _NAME
