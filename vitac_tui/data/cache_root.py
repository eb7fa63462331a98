"""Where vitac-tui keeps what can be made again: decoded images and the sample set."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from vitac_tui.data.paths import expanded
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import Sample


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


def sample_root(dataset: Sample) -> Path:
    """Where the sample set of these settings is rendered when `dataset.root` is not given."""
    spec = (dataset.classes, dataset.presses, dataset.frames, dataset.size, dataset.seed)
    digest = hashlib.blake2b(repr(spec).encode(), digest_size=8).hexdigest()
    return (cache_root(dataset.cache) or default_cache_root()) / "samples" / digest
