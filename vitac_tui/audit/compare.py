"""Comparing held-out images with training images, in one pass over the decoded pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vitac_tui.audit.crops import Crops, blocks, crop, normalised
from vitac_tui.audit.near_copies import NearCopies, Pattern, fixed_pattern, summarise
from vitac_tui.audit.nearest import Labels, Nearest, as_keys, as_queries
from vitac_tui.audit.probes import Probes, largest_class
from vitac_tui.data.table import SampleTable
from vitac_tui.images.cache import content_hash
from vitac_tui.images.images import Pixels

Progress = Callable[[int, int], None]  # images done, images in all

HELD_OUT = ("val", "test")

#: Held-out images of a split that are compared at most, and pairs of images: beyond, a sample of
#: them stands for all, but for no fewer than some. Ten thousand images are compared exactly.
MOST_IMAGES = 5_000
MOST_PAIRS = MOST_IMAGES * 40_000
LEAST_IMAGES = 500
_PATTERN_IMAGES = 512


@dataclass(frozen=True)
class Compared:
    """What the pixels told.

    Attributes:
        pixels: a hash of each row's decoded pixels.
        near: near copies of training images, for each held-out split.
        chosen_by: near copies of validation images among the test images.
        probes: what trivial classifiers score on it; none with a single class.
    """

    pixels: tuple[str, ...] = ()
    near: Mapping[str, NearCopies] = field(default_factory=dict)
    chosen_by: NearCopies | None = None
    probes: Mapping[str, Probes] = field(default_factory=dict)


def compare(table: SampleTable, pixels: Pixels, progress: Progress | None = None) -> Compared:
    """Compare every validation and test image with every training image, and these two.

    Args:
        table: the samples.
        pixels: uint8 [rows, size, size, 3], the decoded image of each.
        progress: called with the numbers of images done and in all; may raise to end it.
    """
    labels = np.array([sample.label for sample in table.samples], np.int64)
    splits = np.array([sample.split for sample in table.samples])
    trains = splits == "train"
    held = {split: _some(table.rows(split), int(trains.sum())) for split in HELD_OUT}
    searches: dict[tuple[str, str], _Search] = {}  # by the splits of keys and queries
    if trains.any():
        pattern = _pattern(pixels, np.flatnonzero(trains), len(table.class_ids))
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
                crops = crop(images[here])
                for (keys, _), search in searches.items():
                    if keys == split:
                        search.add(crops, labels[rows[here]], rows[here])
        if progress is not None:
            progress(len(hashes), len(labels))
    near = {
        (keys, split): search.near(len(table.rows(split)))
        for (keys, split), search in searches.items()
    }
    return Compared(
        tuple(hashes),
        {split: found for (keys, split), found in near.items() if keys == "train"},
        near.get(HELD_OUT),
        {
            split: search.probes(labels[trains])
            for (keys, split), search in searches.items()
            if keys == "train" and len(table.class_ids) > 1
        },
    )


class _Search:
    """The best matches of one held-out split, by each of three features."""

    def __init__(self, pixels: Pixels, rows: Labels, labels: Labels, pattern: Pattern) -> None:
        self._rows, self._labels, self._pattern = rows, labels[rows], pattern
        made = [crop(images) for _, images in blocks(pixels, rows)]
        high_pass = np.concatenate([normalised(pattern.off(block.high_pass)) for block in made])
        coarse = as_queries(np.concatenate([block.coarse for block in made]))
        colour = as_queries(np.concatenate([block.colour for block in made]))
        self._structure = Nearest(high_pass, self._labels)
        self._pixels = Nearest(coarse, self._labels)
        self._colour = Nearest(colour, self._labels)

    def add(self, keys: Crops, labels: Labels, rows: Labels) -> None:
        """Compare with a block of training images."""
        self._structure.add(normalised(self._pattern.off(keys.high_pass)), labels, rows)
        self._pixels.add(as_keys(keys.coarse), labels, rows)
        self._colour.add(as_keys(keys.colour), labels, rows)

    def near(self, of: int) -> NearCopies:
        return summarise(self._structure, self._rows, self._pattern, of)

    def probes(self, train: Labels) -> Probes:
        return Probes(
            self._pixels.top1(),
            self._structure.top1(),
            self._colour.top1(),
            largest_class(train, self._labels),
        )


def _some(rows: Sequence[int], train: int) -> Labels:
    """The rows, or as many of them, drawn at random, as can be compared in time."""
    most = min(MOST_IMAGES, max(LEAST_IMAGES, MOST_PAIRS // max(1, train)))
    return _drawn(np.array(rows, np.int64), most)


def _drawn(rows: Labels, most: int) -> Labels:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def _pattern(pixels: Pixels, train: Labels, classes: int) -> Pattern:
    sample = _drawn(train, _PATTERN_IMAGES)
    made = [crop(images).high_pass for _, images in blocks(pixels, sample)]
    return fixed_pattern(np.concatenate(made), classes=classes)
