"""Compare held-out images with training images, in one pass over the decoded pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vitac_tui.audit.baselines import Baselines, largest_class
from vitac_tui.audit.downsampled import Downsampled, blocks, downsample, unit_length
from vitac_tui.audit.near_duplicates import (
    FixedPattern,
    NearDuplicates,
    find_fixed_pattern,
    summarise,
)
from vitac_tui.audit.nearest import Labels, NearestMatches, as_keys, as_queries
from vitac_tui.data.table import SampleTable
from vitac_tui.images.cache import content_hash
from vitac_tui.images.images import Pixels

Progress = Callable[[int, int], None]  # images done, images in total

HELD_OUT = ("val", "test")

#: At most this many held-out images of a split, and this many pairs of images, are compared. Above
#: that, a random sample of at least `MIN_IMAGES` is used. 10,000 images are compared exhaustively.
MAX_IMAGES = 5_000
MAX_PAIRS = MAX_IMAGES * 40_000
MIN_IMAGES = 500
_PATTERN_IMAGES = 512


@dataclass(frozen=True)
class Comparison:
    """The result of comparing pixels.

    Attributes:
        pixels: hash of each row's decoded pixels.
        near: near-duplicates of training images, by held-out split.
        val_in_test: near-duplicates of validation images among the test images.
        baselines: accuracy of baselines without learning, by split; empty with a single class.
    """

    pixels: tuple[str, ...] = ()
    near: Mapping[str, NearDuplicates] = field(default_factory=dict)
    val_in_test: NearDuplicates | None = None
    baselines: Mapping[str, Baselines] = field(default_factory=dict)


def compare_images(
    table: SampleTable, pixels: Pixels, progress: Progress | None = None
) -> Comparison:
    """Compare validation and test images with training images, and with each other.

    Args:
        table: the samples.
        pixels: uint8 [rows, size, size, 3], the decoded image of each sample.
        progress: called with the number of images done and in total; may raise to cancel.
    """
    labels = np.array([sample.label for sample in table.samples], np.int64)
    splits = np.array([sample.split for sample in table.samples])
    trains = splits == "train"
    held = {split: _sample(table.rows(split), int(trains.sum())) for split in HELD_OUT}
    searches: dict[tuple[str, str], _Search] = {}  # by the splits of keys and queries
    if trains.any():
        pattern = _fixed_pattern(pixels, np.flatnonzero(trains), len(table.class_ids))
        searches = {
            (keys, split): _Search(pixels, held[split], labels, pattern)
            for keys, split in (*(("train", split) for split in HELD_OUT), HELD_OUT)
            if len(held[split]) and (splits == keys).any()
        }
    hashes: list[str] = []
    for rows, images in blocks(pixels, np.arange(len(labels))):
        hashes += [content_hash(image.data) for image in images]
        for split in {keys for keys, _ in searches}:
            here = splits[rows] == split
            if here.any():
                block = downsample(images[here])
                for (keys, _), search in searches.items():
                    if keys == split:
                        search.add(block, labels[rows[here]], rows[here])
        if progress is not None:
            progress(len(hashes), len(labels))
    near = {
        (keys, split): search.near(len(table.rows(split)))
        for (keys, split), search in searches.items()
    }
    return Comparison(
        tuple(hashes),
        {split: found for (keys, split), found in near.items() if keys == "train"},
        near.get(HELD_OUT),
        {
            split: search.baselines(labels[trains])
            for (keys, split), search in searches.items()
            if keys == "train" and len(table.class_ids) > 1
        },
    )


class _Search:
    """The best matches of one held-out split, by each of three features."""

    def __init__(self, pixels: Pixels, rows: Labels, labels: Labels, pattern: FixedPattern) -> None:
        self._rows, self._labels, self._pattern = rows, labels[rows], pattern
        made = [downsample(images) for _, images in blocks(pixels, rows)]
        high_pass = [unit_length(pattern.subtracted(block.high_pass)) for block in made]
        coarse = as_queries(np.concatenate([block.coarse for block in made]))
        colour = as_queries(np.concatenate([block.colour for block in made]))
        self._structure = NearestMatches(np.concatenate(high_pass), self._labels)
        self._pixels = NearestMatches(coarse, self._labels)
        self._colour = NearestMatches(colour, self._labels)

    def add(self, keys: Downsampled, labels: Labels, rows: Labels) -> None:
        """Compare with a block of training images."""
        self._structure.add(unit_length(self._pattern.subtracted(keys.high_pass)), labels, rows)
        self._pixels.add(as_keys(keys.coarse), labels, rows)
        self._colour.add(as_keys(keys.colour), labels, rows)

    def near(self, of: int) -> NearDuplicates:
        return summarise(self._structure, self._rows, self._pattern, of)

    def baselines(self, train: Labels) -> Baselines:
        return Baselines(
            self._pixels.top1(),
            self._structure.top1(),
            self._colour.top1(),
            largest_class(train, self._labels),
            len(self._labels),
        )


def _sample(rows: Sequence[int], train: int) -> Labels:
    """Return the rows, or a random sample of them if all pairs would take too long."""
    most = min(MAX_IMAGES, max(MIN_IMAGES, MAX_PAIRS // max(1, train)))
    return _drawn(np.array(rows, np.int64), most)


def _drawn(rows: Labels, most: int) -> Labels:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def _fixed_pattern(pixels: Pixels, train: Labels, classes: int) -> FixedPattern:
    sample = _drawn(train, _PATTERN_IMAGES)
    made = [downsample(images).high_pass for _, images in blocks(pixels, sample)]
    return find_fixed_pattern(np.concatenate(made), classes=classes)
