"""Number of images and groups by split and by class."""

from __future__ import annotations

from collections import Counter

from vitac_tui.data.table import SPLITS, SampleTable


def split_counts(table: SampleTable) -> dict[str, dict[str, int]]:
    """Count the images and groups of each split."""
    return {
        split: {
            "images": len(rows := table.rows(split)),
            "groups": len({(table.samples[i].label, table.samples[i].group) for i in rows}),
        }
        for split in SPLITS
    }


def class_counts(table: SampleTable) -> dict[str, dict[str, int]]:
    """Count the images of each class in each split, by class name."""
    counts = Counter((sample.label, sample.split) for sample in table.samples)
    return {
        name: {split: counts[label, split] for split in SPLITS}
        for label, name in zip(table.class_ids, table.class_names, strict=True)
    }
