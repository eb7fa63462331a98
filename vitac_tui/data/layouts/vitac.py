"""ViTac cloths: folder names contain class and modality; lists or folders decide the split."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from vitac_tui.data.groups import asks_for_groups, groups_unknown, names_source, vitac_groups
from vitac_tui.data.listed import Listed, named_lists, read_listed
from vitac_tui.data.paths import excluded_warning, scan
from vitac_tui.data.table import ReadResult, Sample
from vitac_tui.errors import UserError, counted, one_line
from vitac_tui.experiment.dataset import Columns, SplitListSettings, VitacLayout
from vitac_tui.experiment.expressions import bounded, compiled

_FOLDER = re.compile(
    r"(?:(?P<word>vis|cd)(?P<padded>\d{1,9})|(?P<bare>\d{1,9})(?P<letter>[vt]))(?P<split>_test|_train)?",
    re.IGNORECASE,
)
_MODALITY = {"vis": "visual", "v": "visual", "cd": "tactile", "t": "tactile"}


@dataclass(frozen=True)
class ClothFolder:
    """A folder's name, such as `vis0011`, `CD0101`, `11v` or `11t_test`, in its parts."""

    label: int
    modality: str
    is_test: bool


@lru_cache(maxsize=4096)
def cloth_folder(name: str) -> ClothFolder | None:
    """Return class, modality and split of a folder's name, or None for other folders."""
    match = _FOLDER.fullmatch(name)
    if match is None:
        return None
    word = (match["word"] or match["letter"]).lower()
    split = (match["split"] or "").lower()
    return ClothFolder(int(match["padded"] or match["bare"]), _MODALITY[word], split == "_test")


@lru_cache(maxsize=4096)
def cloth_of(folder: str) -> ClothFolder | None:
    """Return the innermost cloth folder of a relative folder path."""
    for name in reversed(folder.split("/")):
        if cloth := cloth_folder(name):
            return cloth
    return None


def read(dataset: VitacLayout, root: Path) -> ReadResult:
    """Read the samples of `dataset.modality`.

    List files, if there are any, decide labels and split. Otherwise folders that end in `_test` are
    the test set and the others training; if there is no such folder, `dataset.split` decides.

    Raises:
        UserError: no image of the modality, an action that matches nothing, a wrong list.
    """
    return read_cloths(dataset, root, dataset.action)


def read_cloths(dataset: SplitListSettings, root: Path, action: str) -> ReadResult:
    """Read files that are arranged like those of ViTac."""
    lists = named_lists(dataset)
    if lists:
        listed, warnings = read_listed(root, lists, Columns())
        samples = _from_lists(listed, dataset.modality, warnings)
    else:
        samples, warnings = _from_tree(root, dataset)
    if action:
        samples = _of_action(samples, action)
    paths = [path for path, _, _ in samples]
    groups = vitac_groups(paths, dataset.modality)
    if dataset.modality == "tactile" and not dataset.group:
        warnings += _press_unknown(paths, groups)
    alone = sum(group == path for path, (group, _) in zip(paths, groups, strict=True))
    if alone and asks_for_groups(dataset):
        warnings.append(groups_unknown(alone, len(paths)))
    rows = [
        Sample(path, label, str(label), group, "", frame, dataset.modality, "", split)
        for (path, label, split), (group, frame) in zip(samples, groups, strict=True)
    ]
    return ReadResult(rows, warnings)


def _press_unknown(paths: Sequence[str], groups: Sequence[tuple[str, int]]) -> list[str]:
    unknown = [row for row, path in enumerate(paths) if not names_source(path)]
    if not unknown:
        return []
    recordings = {groups[row][0] for row in unknown}
    return [
        one_line(
            f"the names of {len(unknown)} of {len(paths)} images do not contain the press: "
            "consecutive frame numbers are taken as one group "
            f"({counted(len(recordings), 'group')}, such as {groups[unknown[0]][0]}). "
            "Set dataset.group if presses can be told apart"
        )
    ]


def _from_tree(
    root: Path, dataset: SplitListSettings
) -> tuple[list[tuple[str, int, str]], list[str]]:
    found, modality = scan(root, exclude=dataset.exclude), dataset.modality
    samples: list[tuple[str, int, str]] = []
    strays: list[str] = []
    others = 0
    for path in found.images:
        cloth = cloth_of(path.rpartition("/")[0])
        if cloth is None:
            strays.append(path)
        elif cloth.modality != modality:
            others += 1
        else:
            samples.append((path, cloth.label, "test" if cloth.is_test else "train"))
    if not samples:
        raise _none_of(modality, others, strays, root)
    named = ((folder, cloth_folder(folder.rpartition("/")[2])) for folder in found.folders)
    cloths = [folder for folder, cloth in named if cloth and cloth.modality == modality]
    parents = {PurePosixPath(path.rpartition("/")[0]) for path, _, _ in samples}
    holding = {str(above) for parent in parents for above in (parent, *parent.parents)}
    _require_filled(root, cloths, holding)
    if not any(split == "test" for _, _, split in samples):
        samples = [(path, label, "") for path, label, _ in samples]
    warnings = excluded_warning(found.excluded)
    if strays:
        warnings.append(
            one_line(
                f"ignored, not in a folder of a cloth: "
                f"{counted(len(strays), 'image')}, such as {strays[0]}"
            )
        )
    return samples, warnings


def _require_filled(root: Path, cloths: Sequence[str], holding: Collection[str]) -> None:
    """Check that each cloth's folder holds an image, or its class would be missing unnoticed.

    Raises:
        UserError: one holds none.
    """
    empty = [folder for folder in cloths if folder not in holding]
    if empty:
        more = f" (and {len(empty) - 1} more)" if len(empty) > 1 else ""
        raise UserError(
            f"the class folder {empty[0]!r}{more} holds no image",
            where=str(root),
            remedy="fill it, remove it, or name it in dataset.exclude",
        )


def _none_of(modality: str, others: int, strays: Sequence[str], root: Path) -> UserError:
    names = "vis0011 or 11v" if modality == "visual" else "CD0101 or 11t"
    if others:
        other = "tactile" if modality == "visual" else "visual"
        remedy = f'set dataset.modality = "{other}": there are {others} such images'
    elif strays:
        remedy = f"choose another dataset.layout; there is an image {strays[0]!r}"
    else:
        remedy = "check dataset.root"
    return UserError(
        f"no {modality} image in a folder such as {names}", where=str(root), remedy=remedy
    )


def _from_lists(
    listed: Sequence[Listed], modality: str, warnings: list[str]
) -> list[tuple[str, int, str]]:
    """Return path, label and split of the modality's images; the list decides the label."""
    samples: list[tuple[str, int, str]] = []
    others: list[Listed] = []
    disagreeing: list[tuple[Listed, int]] = []
    for item in listed:
        cloth = cloth_of(item.path.rpartition("/")[0])
        if cloth is not None and cloth.modality != modality:
            others.append(item)
            continue
        label = _label(item, cloth)
        if cloth is not None and cloth.label != label:
            disagreeing.append((item, cloth.label))
        samples.append((item.path, label, item.split))
    if not samples:
        raise UserError(
            f"no {modality} image is listed: {others[0].path!r} has the other modality",
            where=others[0].where,
            remedy="change dataset.modality or the lists",
        )
    if others:
        warnings.append(
            one_line(
                f"ignored, of the other modality: "
                f"{counted(len(others), 'listed image')}, the first at {others[0].where}"
            )
        )
    if disagreeing:
        item, folder_label = disagreeing[0]
        warnings.append(
            one_line(
                f"{len(disagreeing)} listed labels differ from their folder's number, as at "
                f"{item.where}: {item.path} has the label {item.entry.label}, not {folder_label}; "
                "the list's label is used"
            )
        )
    return samples


def _label(item: Listed, cloth: ClothFolder | None) -> int:
    text = item.entry.label
    if not text:
        if cloth is None:
            raise UserError(
                f"{item.path!r} has no label, and its folder's name does not contain one",
                where=item.where,
                remedy="write `path label`",
            )
        return cloth.label
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UserError(
            f"the label {text!r} is not a class number",
            where=item.where,
            remedy='write a number of 0 or more, or use dataset.layout = "list" for text labels',
        )
    return int(text)


def _of_action(samples: list[tuple[str, int, str]], action: str) -> list[tuple[str, int, str]]:
    search = bounded(compiled(action, ignore_case=True).search, action, "dataset.action")
    kept = [sample for sample in samples if search(sample[0])]
    if not kept:
        raise UserError(
            f"{action!r} matches none of {len(samples)} paths, such as {samples[0][0]!r}",
            where="dataset.action",
            remedy='write an expression that matches some, or "" for all',
        )
    return kept
