"""ViTac cloths: the class and the modality stand in folder names, the split in lists or folders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from vitac_tui.data.groups import asks_for_groups, groups_unknown, tells_source, vitac_groups
from vitac_tui.data.layouts.folder import require_filled
from vitac_tui.data.listed import Listed, named_lists, read_listed
from vitac_tui.data.paths import scan
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
    """What a folder's name says: `vis0011`, `CD0101`, `11v`, `11t_test`."""

    label: int
    modality: str
    is_test: bool


@lru_cache(maxsize=4096)
def cloth_folder(name: str) -> ClothFolder | None:
    """Class, modality and split of a folder's name, None for other folders."""
    match = _FOLDER.fullmatch(name)
    if match is None:
        return None
    word = (match["word"] or match["letter"]).lower()
    split = (match["split"] or "").lower()
    return ClothFolder(int(match["padded"] or match["bare"]), _MODALITY[word], split == "_test")


@lru_cache(maxsize=4096)
def cloth_of(folder: str) -> ClothFolder | None:
    """The innermost cloth folder of a relative folder path."""
    for name in reversed(folder.split("/")):
        if cloth := cloth_folder(name):
            return cloth
    return None


def read(dataset: VitacLayout, root: Path) -> ReadResult:
    """Samples of the wanted modality and warnings.

    With list files, these decide labels and split. Without, the tree is walked: folders that end
    in `_test` are the test set and the others train; when none does, the split is left open.

    Raises:
        UserError: no image of the modality, an action that matches nothing, a list that is wrong.
    """
    return read_cloths(dataset, root, dataset.action)


def read_cloths(dataset: SplitListSettings, root: Path, action: str) -> ReadResult:
    """`read`, for any layout whose files stand as ViTac's do."""
    lists = named_lists(dataset)
    if lists:
        listed, warnings = read_listed(root, lists, Columns())
        samples = _from_lists(listed, dataset.modality, warnings)
    else:
        samples, warnings = _from_tree(root, dataset.modality)
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
    unknown = [row for row, path in enumerate(paths) if not tells_source(path)]
    if not unknown:
        return []
    recordings = {groups[row][0] for row in unknown}
    return [
        one_line(
            f"the names of {len(unknown)} of {len(paths)} images tell no press: frames whose "
            f"numbers follow each other are taken as one group ({len(recordings)} in all, such as "
            f"{groups[unknown[0]][0]}); dataset.group can name finer ones"
        )
    ]


def _from_tree(root: Path, modality: str) -> tuple[list[tuple[str, int, str]], list[str]]:
    found = scan(root)
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
    require_filled(root, cloths, holding)
    if not any(split == "test" for _, _, split in samples):
        samples = [(path, label, "") for path, label, _ in samples]
    warnings = []
    if strays:
        warnings.append(
            one_line(
                f"ignored, outside any cloth's folder: "
                f"{counted(len(strays), 'image')}, such as {strays[0]}"
            )
        )
    return samples, warnings


def _none_of(modality: str, others: int, strays: Sequence[str], root: Path) -> UserError:
    names = "vis0011 or 11v" if modality == "visual" else "CD0101 or 11t"
    if others:
        other = "tactile" if modality == "visual" else "visual"
        remedy = f'set dataset.modality = "{other}", of which there are {others}'
    elif strays:
        remedy = f"choose another dataset.layout; an image lies at {strays[0]!r}"
    else:
        remedy = "check dataset.root"
    return UserError(
        f"no {modality} image lies in a folder such as {names}", where=str(root), remedy=remedy
    )


def _from_lists(
    listed: Sequence[Listed], modality: str, warnings: list[str]
) -> list[tuple[str, int, str]]:
    """Samples of the modality; the raw label of a list wins over the folder's name."""
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
            f"the lists name no {modality} image: {others[0].path!r} is of the other modality",
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
                f"{item.path!r} has no label, and its folder's name tells none",
                where=item.where,
                remedy="write `path label`",
            )
        return cloth.label
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UserError(
            f"the label {text!r} is no class number",
            where=item.where,
            remedy='write a whole number from 0, or use dataset.layout = "list" for text labels',
        )
    return int(text)


def _of_action(samples: list[tuple[str, int, str]], action: str) -> list[tuple[str, int, str]]:
    search = bounded(compiled(action, ignore_case=True).search, action, "dataset.action")
    kept = [sample for sample in samples if search(sample[0])]
    if not kept:
        raise UserError(
            f"{action!r} matches none of {len(samples)} paths, such as {samples[0][0]!r}",
            where="dataset.action",
            remedy='give a pattern that does, or "" for all',
        )
    return kept
