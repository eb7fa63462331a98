"""One folder per class, in root or in root/train, root/val and root/test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from vitac_tui.data.groups import (
    SPLIT_WORDS,
    asks_for_groups,
    folder_groups,
    groups_unknown,
)
from vitac_tui.data.paths import Found, excluded_warning, scan
from vitac_tui.data.table import ReadResult, Sample
from vitac_tui.errors import UserError, counted, one_line, some
from vitac_tui.experiment.dataset import FolderLayout


def read(dataset: FolderLayout, root: Path) -> ReadResult:
    """Read the samples; classes are folder names, numbered in alphabetical order.

    If an image is in a deeper folder, that folder is its group. An image directly in the class
    folder is a group of its own, since its name does not show which images belong together.

    Raises:
        UserError: no class folder, or other folders next to train, val and test.
    """
    found = scan(root, exclude=dataset.exclude)
    top = [folder for folder in found.folders if "/" not in folder]
    split_of = _split_folders(top, found.images)
    depth = 2 if split_of else 1
    by_class: dict[str, list[str]] = defaultdict(list)
    strays: list[str] = []
    for path in found.images:
        parts = path.split("/", depth)
        if len(parts) > depth and (not split_of or parts[0] in split_of):
            by_class["/".join(parts[:depth])].append(path)
        else:
            strays.append(path)
    class_folders = [
        folder
        for folder in found.folders
        if folder.count("/") == depth - 1 and (not split_of or folder.split("/")[0] in split_of)
    ]
    if not class_folders:
        raise UserError(
            "there is no class folder",
            where=str(root),
            remedy="put the images of each class into a folder, or choose another dataset.layout",
        )
    empty = [folder for folder in class_folders if folder not in by_class]
    class_folders = [folder for folder in class_folders if folder in by_class]
    names = sorted({folder.rpartition("/")[2] for folder in class_folders})
    index = {name: label for label, name in enumerate(names)}
    paths = [path for folder in class_folders for path in by_class[folder]]
    samples = []
    for path, (group, frame) in zip(paths, folder_groups(paths, depth), strict=True):
        parts = path.split("/", depth)
        name, split = parts[depth - 1], split_of.get(parts[0], "")
        samples.append(
            Sample(path, index[name], name, group, "", frame, dataset.modality, "", split)
        )
    return ReadResult(samples, _warnings(dataset, samples, strays, empty, found))


def _split_folders(top: Sequence[str], images: Sequence[str]) -> Mapping[str, str]:
    """Return the split of each top folder if they are splits, {} if they are classes.

    A class may be called "test": folders are splits only if there is a `train` folder.
    """
    splits = {name: SPLIT_WORDS[name.lower()] for name in top if name.lower() in SPLIT_WORDS}
    if "train" not in splits.values():
        return {}
    holding = {path.partition("/")[0] for path in images if "/" in path}
    odd = sorted(holding - set(splits))
    if odd and len(splits) == 1:
        return {}
    if odd:
        raise UserError(
            f"next to {', '.join(sorted(splits))} lies {odd[0]!r}, which is not a split",
            where="dataset.root",
            remedy="move it, put all classes on one level, or name it in dataset.exclude",
        )
    return splits


def _warnings(
    dataset: FolderLayout,
    samples: Sequence[Sample],
    strays: Sequence[str],
    empty: Sequence[str],
    found: Found,
) -> list[str]:
    warnings = excluded_warning(found.excluded)
    if found.ignored:
        warnings.append(f"ignored, not an image: {counted(found.ignored, 'file')}")
    if empty:
        folders = counted(len(empty), "folder")
        warnings.append(one_line(f"not a class, without images: {folders}: {some(empty, 5)}"))
    if strays:
        warnings.append(
            one_line(
                f"ignored, not in a class folder: "
                f"{counted(len(strays), 'image')}, such as {strays[0]}"
            )
        )
    alone = sum(sample.group == sample.path for sample in samples)
    if alone and asks_for_groups(dataset):
        warnings.append(groups_unknown(alone, len(samples)))
    return warnings
