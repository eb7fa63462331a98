"""Which rows of one split have something in common with another split's."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Sequence

from vitac_tui.data.groups import neutral_folder, split_path
from vitac_tui.data.table import Sample, SampleTable

#: Frame numbers this close are neighbours: adjacent, or with one frame left out between them.
NEAR_FRAMES = 2

_TILE_OF_FRAME = re.compile(r"(\d+)(_\d+)")


def rows_shared(table: SampleTable, keys: Sequence[Hashable], first: str, second: str) -> list[int]:
    """Rows of the second split whose key is one of the first's; the key None is never shared."""
    there = {keys[row] for row in table.rows(first)} - {None}
    return [row for row in table.rows(second) if keys[row] in there]


def paths(table: SampleTable) -> list[Hashable]:
    """The path of each row."""
    return [sample.path for sample in table.samples]


def contents(hashes: Sequence[str]) -> list[Hashable]:
    """The hash of each row, None where it is unknown."""
    return [content or None for content in hashes]


def groups(table: SampleTable) -> list[Hashable]:
    """Class and group, None where the image is the only one of its group."""
    return [(s.label, s.group) if s.group not in ("", s.path) else None for s in table.samples]


def groups_known(table: SampleTable) -> bool:
    """Whether any image is known to belong together with others."""
    return any(key is not None for key in groups(table))


def neighbours(table: SampleTable, first: str, second: str) -> dict[int, int]:
    """Row of the second split to a row of the first that is at most `NEAR_FRAMES` away."""
    frames: dict[Hashable, list[tuple[int, int]]] = defaultdict(list)
    for row in table.rows(first):
        sample = table.samples[row]
        if sample.frame >= 0:
            frames[_series(sample)].append((sample.frame, row))
    for series in frames.values():
        series.sort()
    near: dict[int, int] = {}
    for row in table.rows(second):
        sample = table.samples[row]
        candidates = frames.get(_series(sample), []) if sample.frame >= 0 else []
        # The first frame not below the range is the only one that can tell.
        position = bisect_left(candidates, (sample.frame - NEAR_FRAMES, -1))
        if position < len(candidates) and candidates[position][0] <= sample.frame + NEAR_FRAMES:
            near[row] = candidates[position][1]
    return near


def _series(sample: Sample) -> Hashable:
    """What the frames of one recording have in common, whatever group they were put in.

    The class, the folder without its train or test, and the name without the frame's number, so
    that tile 2 of frame 121 (`121_2`) is compared with tile 2 of frame 122.
    """
    folder, stem = split_path(sample.path)
    tile = _TILE_OF_FRAME.fullmatch(stem) if sample.modality == "tactile" else None
    if tile and int(tile[1]) == sample.frame:
        rest = tile[2]
    else:
        numbers = [m for m in re.finditer(r"[0-9]+", stem) if int(m[0]) == sample.frame]
        rest = f"{stem[: numbers[-1].start()]}#{stem[numbers[-1].end() :]}" if numbers else stem
    return sample.label, neutral_folder(folder), rest
