"""A folder for each class, under root or under root/train, root/val and root/test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path

from vitac_tui.data.groups import (
    SPLIT_WORDS,
    asks_for_groups,
    folder_groups,
    groups_unknown,
)
from vitac_tui.data.paths import scan
from vitac_tui.data.table import ReadResult, Sample
from vitac_tui.errors import UserError, counted, one_line
from vitac_tui.experiment.dataset import FolderLayout


def read(dataset: FolderLayout, root: Path) -> ReadResult:
    """Samples and warnings; classes are folder names, numbered in their order.

    Images may lie deeper inside a class's folder; their parent folder is then their group. Images
    directly in a class's folder are each a group of their own, since nothing tells which belong
    together.

    Raises:
        UserError: no class folder, a class folder without images, split folders beside classes.
    """
    found = scan(root)
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
            "there is no folder for any class",
            where=str(root),
            remedy="put the images of each class into a folder, or choose another dataset.layout",
        )
    require_filled(root, class_folders, by_class)
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
    return ReadResult(samples, _warnings(dataset, samples, strays, found.ignored))


def _split_folders(top: Sequence[str], images: Sequence[str]) -> Mapping[str, str]:
    """Split of each top folder when these are splits and no classes; {} otherwise.

    A class may be called "test": only a `train` folder makes the others splits.
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
            f"beside {', '.join(sorted(splits))} lies {odd[0]!r}, which is no split",
            where="dataset.root",
            remedy="move it away, or put all classes on one level",
        )
    return splits


def require_filled(root: Path, class_folders: Iterable[str], holding: Container[str]) -> None:
    """Check that each class's folder is one of those that hold an image.

    Raises:
        UserError: one does not; its class would be missing without a word.
    """
    empty = [folder for folder in class_folders if folder not in holding]
    if empty:
        more = f" (and {len(empty) - 1} more)" if len(empty) > 1 else ""
        raise UserError(
            f"the class folder {empty[0]!r}{more} holds no image",
            where=str(root),
            remedy="fill or remove it",
        )


def _warnings(
    dataset: FolderLayout, samples: Sequence[Sample], strays: Sequence[str], ignored: int
) -> list[str]:
    warnings = []
    if ignored:
        warnings.append(f"ignored, no image: {counted(ignored, 'file')}")
    if strays:
        warnings.append(
            one_line(
                f"ignored, outside any class folder: "
                f"{counted(len(strays), 'image')}, such as {strays[0]}"
            )
        )
    alone = sum(sample.group == sample.path for sample in samples)
    if alone and asks_for_groups(dataset):
        warnings.append(groups_unknown(alone, len(samples)))
    return warnings
