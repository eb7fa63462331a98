"""List files and CSV files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from vitac_tui.data.groups import asks_for_groups, groups_unknown, split_path
from vitac_tui.data.labels import number_labels
from vitac_tui.data.listed import Listed, ListName, named_lists, read_listed
from vitac_tui.data.table import ReadResult, Sample
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import ListLayout


def read(dataset: ListLayout, root: Path) -> ReadResult:
    """Read the samples.

    A path without a label gets the name of its folder. Labels that are all whole numbers are class
    ids; text is numbered in alphabetical order. The group is taken from the column `columns.group`.
    Without it, each image is a group of its own.

    Raises:
        UserError: no list is named, or `list` and lists by split; a list, column, image or label is
            missing; a label is negative or NaN among numbers.
    """
    lists = named_lists(dataset)
    if dataset.list and lists:
        raise UserError(
            f"both dataset.list and {lists[0].setting} are set",
            where="dataset.list",
            remedy="name one list of all images, or one list per split",
        )
    if dataset.list:
        lists = [ListName("dataset.list", dataset.list)]
    if not lists:
        raise UserError(
            "no list is named",
            where="dataset.list",
            remedy="set list, or train_list and test_list",
        )
    listed, warnings = read_listed(root, lists, dataset.columns)
    _require_splits(listed, wanted=bool(dataset.columns.split))
    _require_classes([item for item in listed if item.entry.label], listed)
    labels = [_label(item) for item in listed]
    number = number_labels(labels)
    samples = []
    for item, text in zip(listed, labels, strict=True):
        label, name = number(text)
        entry = item.entry
        # Qualified by the class only: equal texts in the column mean the same group.
        group = f"{name}/{entry.group}" if entry.group else item.path
        samples.append(
            Sample(
                item.path, label, name, group, entry.session, -1, dataset.modality, "", item.split
            )
        )
    ungrouped = sum(not item.entry.group for item in listed)
    if ungrouped and asks_for_groups(dataset):
        warnings.append(groups_unknown(ungrouped, len(listed)))
    return ReadResult(samples, warnings)


def _require_splits(listed: Sequence[Listed], *, wanted: bool) -> None:
    open_ = [item for item in listed if not item.split]
    if wanted and open_:
        raise UserError(
            "the split is empty", where=open_[0].where, remedy="write train, val or test"
        )


def _require_classes(labelled: Sequence[Listed], listed: Sequence[Listed]) -> None:
    """Refuse labels that mean "no class" in a list of numbers: absent, negative, not finite.

    If labels are text, "nan" and "-1" are ordinary names.
    """
    if labelled and len(labelled) < len(listed):
        item = next(item for item in listed if not item.entry.label)
        raise UserError(
            f"{item.path!r} has no label, but other lines have one",
            where=item.where,
            remedy="write `path label` in every line, or no labels at all",
        )
    try:
        numbers = [float(item.entry.label) for item in labelled]
    except ValueError:
        return
    for item, number in zip(labelled, numbers, strict=True):
        if not 0 <= number < math.inf:
            raise UserError(
                f"the label {item.entry.label} is not a class number",
                where=item.where,
                remedy="write a whole number of 0 or more, or remove the line",
            )


def _label(item: Listed) -> str:
    if item.entry.label:
        return item.entry.label
    folder, _ = split_path(item.path)
    if not folder:
        raise UserError(
            f"{item.path!r} has no label and is not in a folder",
            where=item.where,
            remedy="write `path label`",
        )
    return folder.rpartition("/")[2]
