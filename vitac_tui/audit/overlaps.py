"""Rows of one split that share a path, content, group or recording with another split."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Sequence

from vitac_tui.data.groups import neutral_folder, split_path
from vitac_tui.data.table import Sample, SampleTable

#: Frames are neighbours up to this difference of frame numbers: at most one frame lies between.
NEAR_FRAMES = 2

_TILE_OF_FRAME = re.compile(r"(\d+)(_\d+)")


def rows_shared(table: SampleTable, keys: Sequence[Hashable], split: str, other: str) -> list[int]:
    """Return the rows of `split` whose key occurs in `other`. None never matches."""
    there = {keys[row] for row in table.rows(other)} - {None}
    return [row for row in table.rows(split) if keys[row] in there]


def paths(table: SampleTable) -> list[Hashable]:
    """Return the path of each row."""
    return [sample.path for sample in table.samples]


def contents(hashes: Sequence[str]) -> list[Hashable]:
    """Return the hash of each row; None if it is unknown."""
    return [content or None for content in hashes]


def groups(table: SampleTable) -> list[Hashable]:
    """Return class and group of each row; None for the only image of a group."""
    return [(s.label, s.group) if s.group not in ("", s.path) else None for s in table.samples]


def groups_known(table: SampleTable) -> bool:
    """Tell whether any image is known to belong to a group with others."""
    return any(key is not None for key in groups(table))


def neighbours(table: SampleTable, split: str, other: str) -> dict[int, int]:
    """Map rows of `split` to a row of `other` at most `NEAR_FRAMES` away in the same recording."""
    frames: dict[Hashable, list[tuple[int, int]]] = defaultdict(list)
    for row in table.rows(other):
        sample = table.samples[row]
        if sample.frame >= 0:
            frames[_recording(sample)].append((sample.frame, row))
    for recording in frames.values():
        recording.sort()
    near: dict[int, int] = {}
    for row in table.rows(split):
        sample = table.samples[row]
        candidates = frames.get(_recording(sample), []) if sample.frame >= 0 else []
        # If any frame is in range, so is the first one that is not below the range.
        position = bisect_left(candidates, (sample.frame - NEAR_FRAMES, -1))
        if position < len(candidates) and candidates[position][0] <= sample.frame + NEAR_FRAMES:
            near[row] = candidates[position][1]
    return near


def _recording(sample: Sample) -> Hashable:
    """Return what the frames of one recording have in common, independently of their groups.

    That is the class, the folder without "train" or "test", and the file name without the frame
    number, so that tile 2 of frame 121 (`121_2`) is compared with tile 2 of frame 122.
    """
    folder, stem = split_path(sample.path)
    tile = _TILE_OF_FRAME.fullmatch(stem) if sample.modality == "tactile" else None
    if tile and int(tile[1]) == sample.frame:
        rest = tile[2]
    else:
        numbers = [m for m in re.finditer(r"[0-9]+", stem) if int(m[0]) == sample.frame]
        rest = f"{stem[: numbers[-1].start()]}#{stem[numbers[-1].end() :]}" if numbers else stem
    return sample.label, neutral_folder(folder), rest
