"""Finding groups, images that may be near-duplicates, from the names of files.

A group is a press, a photo or a clip; its images must stay in one split. The name of a group
contains the folders above it, so `obj3/press_01` and `obj4/press_01` are two groups. Folders that
only mean train or test (`11v` and `11v_test`, `train/` and `test/`) count as the same folder, so
that a group with images in both splits is found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median

from vitac_tui.data.table import SplitName
from vitac_tui.experiment.dataset import DatasetSettings

#: Names of splits in folders and columns.
SPLIT_WORDS: dict[str, SplitName] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}

#: A gap of more than this many usual steps between frame numbers begins a new recording.
STEPS_OF_A_PAUSE = 3
#: A smaller gap never begins a new recording.
SMALLEST_PAUSE = 5

_SPLIT_SUFFIX = re.compile(r"_(?:train|test)$", re.IGNORECASE)
_SOURCE_AND_NUMBER = re.compile(r"(?P<source>.+)_(?P<number>\d+)")
_TWO_NUMBERS = re.compile(r"(?P<first>\d+)_(?P<second>\d+)")
_LAST_NUMBER = re.compile(r"(?P<before>.*?)(?P<number>\d+)")
_MAX_DIGITS = 18  # more is an identifier, not a count; it would not fit a 64-bit frame number


def split_path(path: str) -> tuple[str, str]:
    """Return folder ("" at the root) and stem of a relative path with forward slashes."""
    folder, _, name = path.rpartition("/")
    stem, dot, _ = name.rpartition(".")
    return folder, stem if dot and stem else name


@lru_cache(maxsize=4096)
def neutral_folder(folder: str) -> str:
    """Return a folder without the parts that only mean a split: `test/11v_test` is `11v`."""
    parts = [_SPLIT_SUFFIX.sub("", part) for part in folder.split("/")]
    return "/".join(part for part in parts if part.lower() not in SPLIT_WORDS)


def qualified(folder: str, name: str) -> str:
    """Return the name of a group with the folders above it."""
    return f"{folder}/{name}" if folder else name


def asks_for_groups(dataset: DatasetSettings) -> bool:
    """Return whether the split is group-level and the layout has to find the groups."""
    return dataset.split.by == "group" and not dataset.group and not dataset.split.from_


def groups_unknown(count: int, total: int) -> str:
    """Return the warning that the groups of some images are not known."""
    return (
        f"{count} of {total} images have no known group: near-duplicates may be in training and "
        "test, which makes test accuracy too high. Set dataset.group to name the groups"
    )


def vitac_groups(paths: Sequence[str], modality: str) -> list[tuple[str, int]]:
    """Return group and frame number (-1 if there is none) of each ViTac path.

    The rules, in this order:

    1. `<source>_<number>` with letters and digits in the source (`IMG_2460_123`, `photo3_7`,
       `press12_5`): the group is the source, the frame is the number.
    2. Visual: `<photo>_<tile>` in digits is photo and tile. Any other name is a photo of its own,
       and its group is its path, unless another folder or format has a photo of the same name.
    3. Tactile: `<frame>_<tile>` (`121_2`), or a name that ends in a number (`frame_0121`, `0121`).
       Such names contain the frame but not the press. Frames are numbered as they were recorded, so
       consecutive numbers in a folder are one recording, which is one group. A new recording begins
       at a gap of more than three times the folder's usual step, and of more than five. A recording
       may contain several presses: groups may be too large, which costs images, but never too
       small, which would hide a leak.
    4. Tactile names without a number: the group is the folder.
    """
    groups: list[tuple[str, int]] = []
    recordings: dict[tuple[str, str], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    photos: dict[str, list[int]] = defaultdict(list)
    for row, path in enumerate(paths):
        folder, stem = split_path(path)
        folder = neutral_folder(folder)
        if match := _source_and_number(stem):
            groups.append((qualified(folder, match["source"]), _count(match["number"])))
            continue
        pair = _TWO_NUMBERS.fullmatch(stem)
        if modality == "visual":
            photo, tile = (pair["first"], _count(pair["second"])) if pair else (stem, -1)
            groups.append((qualified(folder, photo), tile))
            if not pair:
                photos[groups[-1][0]].append(row)
            continue
        last = None if pair else _LAST_NUMBER.fullmatch(stem)
        number = _count(pair["first"] if pair else last["number"] if last else "")
        groups.append((folder or ".", number))
        if number >= 0:
            recordings[folder, last["before"] if last else ""][number].append(row)
    for rows in photos.values():
        if len({paths[row] for row in rows}) == 1:  # one image, perhaps in several lists
            for row in rows:
                groups[row] = (paths[row], -1)
    for (folder, before), rows_of in recordings.items():
        for run in _runs(sorted(rows_of)):
            name = qualified(folder, f"{before}{run[0]}-{run[-1]}")
            for number in run:
                for row in rows_of[number]:
                    groups[row] = (name, number)
    return groups


def folder_groups(paths: Sequence[str], class_depth: int) -> list[tuple[str, int]]:
    """Return group and frame for class folders: a folder below the class is a group.

    An image that lies directly in the class folder is a group of its own.

    Args:
        paths: relative paths.
        class_depth: number of path components up to and including the class folder.
    """
    groups: list[tuple[str, int]] = []
    for path in paths:
        folder, stem = split_path(path)
        if path.count("/") > class_depth:
            last = _LAST_NUMBER.fullmatch(stem)
            groups.append((neutral_folder(folder), _count(last["number"]) if last else -1))
        else:
            groups.append((path, -1))
    return groups


def names_source(path: str) -> bool:
    """Return whether a name contains its press or photo, as `press12_5` does, unlike `121_2`."""
    return _source_and_number(split_path(path)[1]) is not None


def _source_and_number(stem: str) -> re.Match[str] | None:
    match = _SOURCE_AND_NUMBER.fullmatch(stem)
    if match is None:
        return None
    source = match["source"]
    is_source = any(c.isalpha() for c in source) and any(c.isdigit() for c in source)
    return match if is_source else None


def _count(digits: str) -> int:
    return int(digits) if 0 < len(digits) <= _MAX_DIGITS and digits.isascii() else -1


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Cut ascending numbers at their gaps."""
    steps = [after - before for before, after in pairwise(numbers)]
    pause = max(SMALLEST_PAUSE, STEPS_OF_A_PAUSE * median(steps)) if steps else SMALLEST_PAUSE
    runs = [[numbers[0]]]
    for step, number in zip(steps, numbers[1:], strict=True):
        if step > pause:
            runs.append([])
        runs[-1].append(number)
    return runs
