"""Findings about classes, splits and names, from the sample table alone."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from vitac_tui.audit.finding import Finding, Kind
from vitac_tui.data.table import SPLITS, TITLE, SampleTable
from vitac_tui.errors import counted
from vitac_tui.runs.grades import Grade

#: Classes are imbalanced from this ratio of the largest to the smallest on.
IMBALANCE = 3.0
#: If this share of images is in a folder named after its class, the others are misplaced.
FOLDERS_ARE_CLASSES = 0.8


def table_findings(table: SampleTable) -> Iterator[Finding]:
    """Yield findings about classes, splits and names."""
    yield from _one_class(table)
    yield from _imbalance(table)
    yield from _empty_splits(table)
    yield from _missing_classes(table)
    yield from _similar_names(table)
    yield from _misplaced_files(table)


def _one_class(table: SampleTable) -> Iterator[Finding]:
    if len(table.class_ids) == 1:
        yield Finding(
            Kind.ONE_CLASS,
            Grade.DOUBTFUL,
            f"there is only one class, {table.class_names[0]}, and a classifier needs two or more",
            count=1,
            remedy="Check that the folder and the layout are the intended ones",
        )


def _imbalance(table: SampleTable) -> Iterator[Finding]:
    names = dict(zip(table.class_ids, table.class_names, strict=True))
    counts = Counter(table.samples[row].label for row in table.rows("train"))
    if len(counts) < 2:
        return
    (largest, most), *_, (smallest, fewest) = counts.most_common()
    if most >= IMBALANCE * fewest:
        yield Finding(
            Kind.CLASS_IMBALANCE,
            Grade.WARNING,
            f"classes are imbalanced: {names[largest]} has {most} training images and "
            f"{names[smallest]} has {fewest}",
            "train",
            remedy='Consider train.class_weights = "balanced"',
        )


def _empty_splits(table: SampleTable) -> Iterator[Finding]:
    """Yield findings about empty splits. If that leaves nothing to compare, they cast doubt."""
    empty = [split for split in SPLITS if not table.rows(split)]
    if empty == ["val", "test"]:
        yield Finding(
            Kind.EMPTY_SPLIT,
            Grade.INCONCLUSIVE,
            "there are neither validation nor test images to compare with the training images",
            count=0,
            remedy=_filled(table, "test"),
        )
        return
    for split in empty:
        trains = split == "train"
        yield Finding(
            Kind.EMPTY_SPLIT,
            Grade.INCONCLUSIVE if trains else Grade.WARNING,
            f"there are no {TITLE[split]} images{' to compare with' if trains else ''}",
            split,
            count=0,
            remedy=_filled(table, split),
        )


def _filled(table: SampleTable, split: str) -> str:
    """Say how a split gets images. Lists and folders, if any, decide alone what is test."""
    if split == "train" or (split == "test" and table.split_given):
        return "Give them a list or a folder of their own"
    return f"Set dataset.split.{split} above 0, or give them a list or a folder of their own"


def _missing_classes(table: SampleTable) -> Iterator[Finding]:
    for split in SPLITS:
        there = {table.samples[row].label for row in table.rows(split)}
        missing = tuple(
            name
            for label, name in zip(table.class_ids, table.class_names, strict=True)
            if label not in there
        )
        if there and missing:
            of = len(table.class_ids)
            yield Finding(
                Kind.MISSING_CLASSES,
                Grade.WARNING,
                f"{len(missing)} of {of} classes have no {TITLE[split]} image",
                split,
                count=len(missing),
                of=of,
                remedy="Add some, or remove these classes",
                examples=missing,
            )


def _similar_names(table: SampleTable) -> Iterator[Finding]:
    """Yield findings about names that another file system, or a reader, takes for the same."""
    for what, names in (
        ("paths", {sample.path for sample in table.samples}),
        ("classes", set(table.class_names)),
    ):
        similar = _similar(names)
        if similar:
            count = sum(map(len, similar))
            yield Finding(
                Kind.SIMILAR_NAMES,
                Grade.WARNING,
                f"{count} {what} differ only by case or Unicode form",
                count=count,
                of=len(names),
                remedy="Rename or merge them",
                examples=tuple(" and ".join(map(ascii, several)) for several in similar),
            )


def _similar(names: Iterable[str]) -> list[list[str]]:
    by_form: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        by_form[unicodedata.normalize("NFC", name.casefold())].append(name)
    return [several for several in by_form.values() if len(several) > 1]


def _misplaced_files(table: SampleTable) -> Iterator[Finding]:
    """Yield a finding about labels that contradict folders named after classes."""
    names = set(table.class_names)
    misplaced: list[str] = []
    right = 0
    for sample in table.samples:
        folders = set(sample.path.split("/")[:-1])
        if sample.class_name in folders:
            right += 1
        elif folders & names:
            misplaced.append(f"{sample.path} labelled {sample.class_name}")
    if misplaced and right >= FOLDERS_ARE_CLASSES * len(table.samples):
        yield Finding(
            Kind.MISPLACED_FILES,
            Grade.WARNING,
            f"{counted(len(misplaced), 'image')} in the folder of another class",
            count=len(misplaced),
            of=len(table.samples),
            remedy="Correct the labels or move the images",
            examples=tuple(misplaced),
        )
