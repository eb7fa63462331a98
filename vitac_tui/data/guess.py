"""Guessing the layout of a folder of images, which gives a `[dataset]` table to paste."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vitac_tui.data.groups import SPLIT_WORDS
from vitac_tui.data.layouts.pattern import MODALITY_WORDS
from vitac_tui.data.layouts.vitac import cloth_of
from vitac_tui.data.listfile import MAX_LIST_BYTES, decode_list, first_row
from vitac_tui.data.paths import Found, refusals_named, scan
from vitac_tui.data.read import dataset_root, read_dataset
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import (
    Columns,
    DatasetSettings,
    FolderLayout,
    ListLayout,
    PatternLayout,
    Split,
    VitacLayout,
)
from vitac_tui.experiment.settings import plain

Modality = Literal["visual", "tactile"]
Change = Callable[[DatasetSettings], DatasetSettings]

_EXAMPLES = 3
#: Names of a folder that contains the images of all classes, rather than being a class.
_CONTAINERS = ("images", "image", "imgs", "img", "data", "frames", "photos", "all")
_SPLIT_LISTS = {"train_list": "train", "val_list": "val", "test_list": "test"}
_COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "path": ("path", "file", "filename", "file_name", "filepath", "image", "image_path", "img"),
    "label": ("label", "class", "class_name", "category", "target", "material", "object"),
    "group": ("group", "press", "clip", "photo", "source", "video"),
    "session": ("session", "recording"),
    "split": ("split", "set", "subset", "partition"),
}


@dataclass(frozen=True)
class Guess:
    """Settings that read the folder, and the result of reading it."""

    dataset: DatasetSettings
    table: SampleTable
    examples: tuple[Sample, ...]  # a few, from different classes if possible
    notes: tuple[str, ...]  # other possible readings, and what was changed


def guess_layout(
    root: Path, modality: Modality | None = None, change: Change = lambda dataset: dataset
) -> Guess:
    """Find settings that read `root`: ViTac, lists, a pattern for paths, one folder per class.

    Each layout that the names suggest is tried, and the first that can be read is taken. The notes
    name the layouts that failed, and say so if the split had to be changed because there are too
    few groups.

    Args:
        root: the folder of the dataset.
        modality: the one to read; defaults to the visual one, if there is one.
        change: applies what the user has set to settings before they are tried.

    Raises:
        UserError: no layout fits; with the path of an image as an example.
    """
    folder = dataset_root(FolderLayout(layout="folder", root=str(root)))
    with refusals_named(folder):
        found = scan(folder)
        if not found.images:
            raise UserError(
                "there is no image", where=str(folder), remedy="name the folder of a dataset"
            )
        refused: list[UserError] = []  # the user's settings do not fit the layout
        problems: list[UserError] = []
        for wanted in (modality,) if modality else ("visual", "tactile"):
            passed_over: list[str] = []
            for candidate in _candidates(folder, found, wanted):
                try:
                    change(candidate)
                except UserError as problem:
                    refused.append(problem)
                    continue
                try:
                    dataset, table, notes = _read_with_possible_split(candidate, change)
                except UserError as problem:
                    problems.append(problem)
                    layout = plain(candidate)["layout"]
                    passed_over.append(f"layout {layout} does not fit: {problem}")
                    continue
                notes = (*passed_over, *notes, *_other_readings(dataset, table))
                return Guess(dataset, table, _examples(table), notes)
    if refused and not problems:
        raise refused[0]
    reason = f": {problems[0]}" if problems else ""
    raise UserError(
        f"no layout fits images such as {found.images[0]!r}{reason}",
        where=str(folder),
        remedy='describe paths, as in --layout pattern --set dataset.pattern="{class}/*.png"',
    )


def _candidates(root: Path, found: Found, modality: Modality) -> Iterator[DatasetSettings]:
    """Yield settings that may fit, the most specific first."""
    images = found.images
    common: dict[str, Any] = {"root": str(root), "modality": modality}
    lists = _lists_at(root, modality)
    cloths = [cloth for path in images if (cloth := cloth_of(path.rpartition("/")[0]))]
    if any(cloth.modality == modality for cloth in cloths):
        if lists:
            yield VitacLayout(layout="vitac", **common, **lists)
        yield VitacLayout(layout="vitac", **common)
    if cloths:  # or of the other modality only
        return
    if lists:
        yield ListLayout(layout="list", **common, **lists)
    for name in _text_files(root, (".csv", ".tsv")):
        if columns := _columns_of(root / name):
            yield ListLayout(layout="list", **common, list=name, columns=columns)
    tops = {path.partition("/")[0].lower() for path in images if "/" in path}
    if tops and tops <= set(MODALITY_WORDS):
        yield PatternLayout(layout="pattern", **common, pattern=_modality_pattern(images))
        return
    # A folder is taken for a class even if it is the only one: `_other_readings` adds a note.
    classes = [
        name for name in found.folders if "/" not in name and name.lower() not in _CONTAINERS
    ]
    pattern = _prefix_pattern(images)
    if pattern and not classes:
        yield PatternLayout(layout="pattern", **common, pattern=pattern)
    else:
        yield FolderLayout(layout="folder", **common)


def _other_readings(dataset: DatasetSettings, table: SampleTable) -> Iterator[str]:
    """Yield what else the names could mean, if a folder is the only class."""
    pattern = _prefix_pattern([sample.path for sample in table.samples])
    if isinstance(dataset, FolderLayout) and len(table.class_ids) == 1 and pattern:
        yield (
            "if the beginnings of file names are classes, use --layout pattern "
            f"--set dataset.pattern='{pattern}'"
        )


def _read_with_possible_split(
    dataset: DatasetSettings, change: Change
) -> tuple[DatasetSettings, SampleTable, tuple[str, ...]]:
    """Read the dataset; if classes have too few groups, with a split that needs fewer."""
    splits = [
        dataset.split,
        Split(val=0.0),
        Split(by="image"),
        Split(by="image", val=0.0, test=0.0),
    ]
    first: UserError | None = None
    for split in splits:
        attempt = change(dataset.model_copy(update={"split": split}))
        try:
            table = read_dataset(attempt)
        except UserError as problem:
            if problem.where != "dataset.split":
                raise
            first = first or problem
            continue
        return attempt, table, (f"the split was changed: {first}",) if first else ()
    assert first is not None  # the loop has tried at least once
    raise first


def _examples(table: SampleTable) -> tuple[Sample, ...]:
    """Return the first image of each of the first classes, then further images."""
    firsts = {sample.label: sample for sample in reversed(table.samples)}
    chosen = sorted(firsts.values(), key=lambda sample: sample.path)[:_EXAMPLES]
    rest = (sample for sample in table.samples if sample not in chosen)
    while len(chosen) < min(_EXAMPLES, len(table.samples)):
        chosen.append(next(rest))
    return tuple(chosen)


def _text_files(root: Path, suffixes: tuple[str, ...]) -> list[str]:
    return sorted(
        path.name
        for path in root.iterdir()
        if path.suffix.lower() in suffixes
        and not path.name.startswith(".")
        and path.name.isprintable()
        and path.is_file()
        and not path.is_symlink()
        and path.stat().st_size <= MAX_LIST_BYTES
    )


def _lists_at(root: Path, modality: Modality) -> dict[str, Any]:
    """Return settings for lists such as `train.txt`; {} if there is no training list."""
    other = "tactile" if modality == "visual" else "visual"
    lists: dict[str, Any] = {}
    for name in _text_files(root, (".txt", ".csv", ".lst")):
        words = re.split(r"[^a-z]+", name.lower().rpartition(".")[0])
        if other in (MODALITY_WORDS.get(word) for word in words):
            continue
        own = modality in (MODALITY_WORDS.get(word) for word in words)
        for setting, split in _SPLIT_LISTS.items():
            names_split = any(SPLIT_WORDS.get(word) == split for word in words)
            if names_split and (own or setting not in lists):
                lists[setting] = name
    return lists if "train_list" in lists else {}


def _columns_of(path: Path) -> Columns | None:
    """Return the columns of a CSV file if its header has usual names for path and label."""
    try:
        header = first_row(decode_list(path.read_bytes(), path.name))
    except UserError:  # such as UTF-16: not a list that can be read
        return None
    found: dict[str, Any] = {}
    for key, names in _COLUMN_NAMES.items():
        match = next((field for name in names for field in header if field.lower() == name), "")
        if match:
            found[key] = match
    return Columns(**found) if {"path", "label"} <= set(found) else None


def _modality_pattern(images: Sequence[str]) -> str:
    depth = Counter(path.count("/") for path in images).most_common(1)[0][0]
    if depth < 2:
        return "{modality}/{class}_*"
    between = ["{group}"] * (depth > 2) + ["*"] * max(0, depth - 3)
    return "/".join(["{modality}", "{class}", *between, "*"])


def _prefix_pattern(images: Sequence[str]) -> str:
    """Return a pattern for file names that begin with the class, as `F0001_07.png`, or ""."""
    depths = {path.count("/") for path in images}
    names = [path.rpartition("/")[2] for path in images]
    prefixes = {name.partition("_")[0] for name in names if "_" in name}
    if len(depths) != 1 or not 2 <= len(prefixes) <= len(images) // 2:
        return ""
    return "*/" * depths.pop() + "{class}_*"
