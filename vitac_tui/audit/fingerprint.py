"""A fingerprint of a dataset, by which a run recognises its images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from vitac_tui.data.table import SampleTable


def fingerprint(table: SampleTable, hashes: Sequence[str]) -> str:
    """Return 32 hex digits that change with any sample's path, class, split or content."""
    lines = sorted(
        f"{sample.path}\0{sample.label}\0{sample.split}\0{content}"
        for sample, content in zip(table.samples, hashes, strict=True)
    )
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=16).hexdigest()
