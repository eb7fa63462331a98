"""Which images are near copies of each other, read from their names.

A group is a press, a photo or a clip: its images must stay on one side of a split. Every rule here
yields names qualified by the folders above, so that `obj3/press_01` is not `obj4/press_01`; but
folders that only say train or test (`11v` and `11v_test`, `train/` and `test/`) count as the same,
so that a source that lies on both sides is seen.
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

#: Words that a folder or a column may use for a split.
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

#: Frame numbers further apart than this many usual steps begin a new recording.
STEPS_OF_A_PAUSE = 3
#: Frame numbers closer than this are one recording, whatever the usual step.
SMALLEST_PAUSE = 5

_SPLIT_SUFFIX = re.compile(r"_(?:train|test)$", re.IGNORECASE)
_SOURCE_AND_NUMBER = re.compile(r"(?P<source>.+)_(?P<number>\d+)")
_TWO_NUMBERS = re.compile(r"(?P<first>\d+)_(?P<second>\d+)")
_LAST_NUMBER = re.compile(r"(?P<before>.*?)(?P<number>\d+)")
_MAX_DIGITS = 18  # more is an identifier, not a count; it would not fit a 64-bit frame number


def split_path(path: str) -> tuple[str, str]:
    """Folder ("" at the root) and stem of a relative path with forward slashes."""
    folder, _, name = path.rpartition("/")
    stem, dot, _ = name.rpartition(".")
    return folder, stem if dot and stem else name


@lru_cache(maxsize=4096)
def neutral_folder(folder: str) -> str:
    """A folder without what only says train or test: `test/11v_test` becomes `11v`."""
    parts = [_SPLIT_SUFFIX.sub("", part) for part in folder.split("/")]
    return "/".join(part for part in parts if part.lower() not in SPLIT_WORDS)


def qualified(folder: str, name: str) -> str:
    """A group's name with the folders above it."""
    return f"{folder}/{name}" if folder else name


def asks_for_groups(dataset: DatasetSettings) -> bool:
    """Whether the split goes by groups and the settings leave it to the layout to find them."""
    return dataset.split.by == "group" and not dataset.group and not dataset.split.from_


def groups_unknown(count: int, total: int) -> str:
    """The warning that nothing tells which of the images are near copies."""
    return (
        f"{count} of {total} images have no known group: near copies may lie on both sides of a "
        "split and flatter the test; name groups by dataset.group"
    )


def vitac_groups(paths: Sequence[str], modality: str) -> list[tuple[str, int]]:
    """Group and frame number (-1 where there is none) of every ViTac path.

    The rules, in this order:

    1. `<source>_<number>`, the source holding letters and digits (`IMG_2460_123`, `photo3_7`,
       `press12_5`): the group is the source, the frame is the number.
    2. Visual: `<photo>_<tile>` in digits is photo and tile. Any other name is a photo of its own,
       whose group is unknown and named by its path, unless another folder or format has the same.
    3. Tactile: `<frame>_<tile>` (`121_2`), or a name that ends in a number (`frame_0121`, `0121`).
       Such names tell the frame but not the press. Frames are numbered as they were recorded, so
       numbers of one folder that follow each other are taken as one recording, and one recording
       is one group; a new one begins where the number jumps by more than three times the folder's
       usual step (and by more than five). A recording may hold several presses, so this errs on
       the side of groups that are too large, which costs images but never hides a leak.
    4. Tactile names without a number: the folder is the group.
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
        if len({paths[row] for row in rows}) == 1:  # one image, in however many lists
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
    """Group and frame for a folder a class: the parent folder below the class's, else the image.

    Args:
        paths: relative paths.
        class_depth: number of leading path components up to and including the class's folder.
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


def tells_source(path: str) -> bool:
    """Whether a name tells its press or photo, as `press12_5` does and `121_2` does not."""
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
    """Ascending numbers, cut where they jump."""
    steps = [after - before for before, after in pairwise(numbers)]
    pause = max(SMALLEST_PAUSE, STEPS_OF_A_PAUSE * median(steps)) if steps else SMALLEST_PAUSE
    runs = [[numbers[0]]]
    for step, number in zip(steps, numbers[1:], strict=True):
        if step > pause:
            runs.append([])
        runs[-1].append(number)
    return runs
