"""Sizes and modes of a dataset's image files, read from their headers without decoding."""

from __future__ import annotations

import warnings
from collections import Counter
from contextlib import suppress

from vitac_tui.data.source import CorruptImage
from vitac_tui.data.table import SampleTable


def sizes_and_modes(table: SampleTable) -> tuple[Counter[str], Counter[str]]:
    """Count the images of each size (`256x192`) and of each mode (`RGB`, `L`, `I;16`).

    Args:
        table: images that are readable.
    """
    sizes: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    source = table.source
    with warnings.catch_warnings(action="ignore"):  # Pillow warns about headers it can read
        for sample in table.samples:
            with suppress(CorruptImage):
                (width, height), mode = source.header(sample.path)
                sizes[f"{width}x{height}"] += 1
                modes[mode] += 1
    return sizes, modes
