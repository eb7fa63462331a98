"""What makes a dataset's figures doubtful, found from names, groups and content hashes.

Near copies (frames of one press that lie in two groups) are not searched here, and no sentence
below claims their absence.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations

from vitac_tui.data.groups import neutral_folder, split_path
from vitac_tui.data.table import SPLITS, Sample, SampleTable
from vitac_tui.errors import one_line, some

#: Largest class over smallest from which classes are called uneven.
UNEVEN = 3.0
#: Frame numbers this close are neighbours: adjacent, or with one frame left out between them.
NEAR_FRAMES = 2

_TITLE = {"train": "training", "val": "validation", "test": "test"}
_TILE_OF_FRAME = re.compile(r"(\d+)(_\d+)")


def warnings_of(table: SampleTable, hashes: Sequence[str] | None = None) -> tuple[str, ...]:
    """Structural findings, one line each; without `table.warnings`, which came from reading.

    Args:
        table: the samples with their splits.
        hashes: content hash of each sample ("" = unknown); None when no file was read yet.
    """
    found = [*_one_class(table), *_uneven(table), *_missing_classes(table)]
    for first, second in combinations(SPLITS, 2):
        found += _overlap(table, hashes, first, second)
    found += _contradictions(table, hashes)
    return tuple(one_line(text) for text in found)


def verdict(table: SampleTable, hashes: Sequence[str] | None = None) -> str:
    """One line: what of the held-out images was found in the training images."""
    held = "test" if table.rows("test") else "val"
    if not table.rows(held):
        return "nothing to compare: there are neither test nor validation images"
    if not table.rows("train"):
        return f"nothing to compare: there are no training images, only {_TITLE[held]}"
    return _overlap_verdict(table, hashes, held) or _nothing_found(table, hashes, held)


def fingerprint(table: SampleTable, hashes: Sequence[str]) -> str:
    """32 hex digits that change with any sample's path, class, split or content."""
    lines = sorted(
        f"{sample.path}\0{sample.label}\0{sample.split}\0{content}"
        for sample, content in zip(table.samples, hashes, strict=True)
    )
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _overlap_verdict(table: SampleTable, hashes: Sequence[str] | None, held: str) -> str:
    """The gravest overlap of the held-out split with train, "" where none was found."""
    noun = f"{_TITLE[held]} image"
    flatter = f"near copies would flatter the {_TITLE[held]}"
    listed = len(_rows_shared(table, _paths(table), "train", held))
    if listed:
        return f"leak: {_number(listed, noun)} also listed for training; remove from one side"
    copies = len(_rows_shared(table, _known(hashes), "train", held)) if hashes is not None else 0
    if copies:
        return (
            f"leak: {_number(copies, noun)} with the same bytes as training images; "
            "remove from one side"
        )
    shared = _rows_shared(table, _groups(table), "train", held)
    if shared:
        groups = {(table.samples[row].label, table.samples[row].group) for row in shared}
        return (
            f"shared sources: {len(shared)} of {_number(len(table.rows(held)), noun)} from "
            f"{_number(len(groups), 'group')} that training images come from; {flatter}"
        )
    near = len(_neighbours(table, "train", held))
    if near:
        return (
            f"neighbours: {_number(near, noun)} with frame numbers next to training images of the "
            f"same series; {flatter}"
        )
    return ""


def _nothing_found(table: SampleTable, hashes: Sequence[str] | None, held: str) -> str:
    known = _groups_known(table)
    compared = ["paths"]
    compared += ["bytes"] if hashes is not None and all(hashes) else []
    compared += ["groups"] if known else []
    compared += ["frame numbers"] if any(sample.frame >= 0 for sample in table.samples) else []
    return (
        f"no overlap found between train and {held} in {', '.join(compared)}; "
        f"{'' if known else 'groups are unknown and '}near copies were not searched"
    )


def _one_class(table: SampleTable) -> Iterator[str]:
    if len(table.class_ids) == 1:
        yield f"there is one class only, {table.class_names[0]}: a classifier needs two or more"


def _uneven(table: SampleTable) -> Iterator[str]:
    names = dict(zip(table.class_ids, table.class_names, strict=True))
    counts = Counter(table.samples[row].label for row in table.rows("train"))
    if len(counts) < 2:
        return
    (largest, most), *_, (smallest, fewest) = counts.most_common()
    if most >= UNEVEN * fewest:
        yield (
            f"classes are uneven: {names[largest]} has {most} training images and "
            f'{names[smallest]} has {fewest}; consider train.class_weights = "balanced"'
        )


def _missing_classes(table: SampleTable) -> Iterator[str]:
    for split in SPLITS:
        rows = table.rows(split)
        if not rows:
            if split != "train":
                yield f"there are no {_TITLE[split]} images"
            continue
        there = {table.samples[row].label for row in rows}
        missing = [
            name
            for label, name in zip(table.class_ids, table.class_names, strict=True)
            if label not in there
        ]
        if missing:
            yield (
                f"{len(missing)} of {len(table.class_ids)} classes have no {_TITLE[split]} image: "
                f"{some(missing)}"
            )


def _overlap(
    table: SampleTable, hashes: Sequence[str] | None, first: str, second: str
) -> Iterator[str]:
    sides = f"both {_TITLE[first]} and {_TITLE[second]}"
    paths = _rows_shared(table, _paths(table), first, second)
    if paths:
        names = some(table.samples[row].path for row in paths)
        yield f"{_number(len(paths), 'image')} in {sides}: {names}"
    if hashes is not None:
        listed_twice = set(paths)
        copies = [
            row
            for row in _rows_shared(table, _known(hashes), first, second)
            if row not in listed_twice
        ]
        if copies:
            yield (
                f"{_number(len(copies), f'{_TITLE[second]} image')} with the same bytes as "
                f"{_TITLE[first]} images: {some(table.samples[r].path for r in copies)}"
            )
    shared = _rows_shared(table, _groups(table), first, second)
    if shared:
        groups = sorted({table.samples[row].group for row in shared})
        yield (
            f"{_number(len(groups), 'group')} in {sides}, with "
            f"{_number(len(shared), f'{_TITLE[second]} image')}: {some(groups)}"
        )
    near = _neighbours(table, first, second)
    if near:
        row, other = next(iter(near.items()))
        yield (
            f"{_number(len(near), f'{_TITLE[second]} image')} with frame numbers next to "
            f"{_TITLE[first]} images: {table.samples[row].path} beside {table.samples[other].path}"
        )


def _contradictions(table: SampleTable, hashes: Sequence[str] | None) -> Iterator[str]:
    """Equal bytes under different classes: one of the labels is wrong."""
    labels: dict[str, set[int]] = defaultdict(set)
    for sample, content in zip(table.samples, hashes or (), strict=hashes is not None):
        if content:
            labels[content].add(sample.label)
    wrong = {content for content, several in labels.items() if len(several) > 1}
    if wrong and hashes is not None:
        paths = [
            s.path for s, content in zip(table.samples, hashes, strict=True) if content in wrong
        ]
        yield f"{len(paths)} images have the same bytes under different classes: {some(paths)}"


def _rows_shared(
    table: SampleTable, keys: Sequence[Hashable], first: str, second: str
) -> list[int]:
    """Rows of the second split whose key is one of the first's; the key None is never shared."""
    there = {keys[row] for row in table.rows(first)} - {None}
    return [row for row in table.rows(second) if keys[row] in there]


def _paths(table: SampleTable) -> list[Hashable]:
    return [sample.path for sample in table.samples]


def _known(hashes: Sequence[str]) -> list[Hashable]:
    return [content or None for content in hashes]


def _groups(table: SampleTable) -> list[Hashable]:
    """Class and group, None where the image is the only one of its group."""
    return [(s.label, s.group) if s.group not in ("", s.path) else None for s in table.samples]


def _groups_known(table: SampleTable) -> bool:
    return any(key is not None for key in _groups(table))


def _neighbours(table: SampleTable, first: str, second: str) -> dict[int, int]:
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


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
