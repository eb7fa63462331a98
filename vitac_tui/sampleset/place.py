"""Where the built-in sample set is rendered."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vitac_tui.experiment.dataset import SampleSetLayout
from vitac_tui.system.dirs import cache_root, default_cache_root


def sample_root(dataset: SampleSetLayout) -> Path:
    """Return the sample set's folder for these settings, used when `dataset.root` is empty."""
    spec = (dataset.classes, dataset.presses, dataset.frames, dataset.size, dataset.seed)
    digest = hashlib.blake2b(repr(spec).encode(), digest_size=8).hexdigest()
    return (cache_root(dataset.cache) or default_cache_root()) / "samples" / digest
