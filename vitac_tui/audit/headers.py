"""Sizes and modes of a dataset's image files, read without decoding them."""

from __future__ import annotations

import warnings
from collections import Counter
from contextlib import suppress

from vitac_tui.data.source import CorruptImage
from vitac_tui.data.table import SampleTable


def sizes_and_modes(table: SampleTable) -> tuple[Counter[str], Counter[str]]:
    """How many images have which size (`256x192`) and which mode (`RGB`, `L`, `I;16`).

    Args:
        table: images that were found readable.
    """
    sizes: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    source = table.source
    with warnings.catch_warnings(action="ignore"):  # Pillow's
        for sample in table.samples:
            with suppress(CorruptImage):
                (width, height), mode = source.header(sample.path)
                sizes[f"{width}x{height}"] += 1
                modes[mode] += 1
    return sizes, modes
