"""What of a dataset's names, classes and splits makes it harder to learn or to believe."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from vitac_tui.data.table import SPLITS, TITLE, SampleTable
from vitac_tui.errors import counted, some

#: Largest class over smallest from which classes are called uneven.
UNEVEN = 3.0
#: Share of images in a folder of their class's name from which the others are called mislaid.
FOLDERS_ARE_CLASSES = 0.8


def split_counts(table: SampleTable) -> dict[str, dict[str, int]]:
    """Images and groups of each split."""
    return {
        split: {
            "images": len(rows := table.rows(split)),
            "groups": len({(table.samples[i].label, table.samples[i].group) for i in rows}),
        }
        for split in SPLITS
    }


def class_counts(table: SampleTable) -> dict[str, dict[str, int]]:
    """Images of each class in each split, by the class's name."""
    counts = Counter((sample.label, sample.split) for sample in table.samples)
    return {
        name: {split: counts[label, split] for split in SPLITS}
        for label, name in zip(table.class_ids, table.class_names, strict=True)
    }


def structure_warnings(table: SampleTable) -> Iterator[str]:
    """Findings about classes, splits and names, one line each with what to do."""
    yield from _one_class(table)
    yield from _uneven(table)
    yield from _missing_classes(table)
    yield from _collisions(table)
    yield from _other_folders(table)


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
                yield f"there are no {TITLE[split]} images; {_filled(table, split)}"
            continue
        there = {table.samples[row].label for row in rows}
        missing = [
            name
            for label, name in zip(table.class_ids, table.class_names, strict=True)
            if label not in there
        ]
        if missing:
            yield (
                f"{len(missing)} of {len(table.class_ids)} classes have no {TITLE[split]} image: "
                f"{some(missing)}; add some, or leave the classes out"
            )


def _filled(table: SampleTable, split: str) -> str:
    """How a split gets images; lists and folders alone decide what is test, where there are any."""
    if table.split_given and split == "test":
        return "give them a list or a folder of their own"
    return f"set dataset.split.{split} above 0, or name a list of them"


def _collisions(table: SampleTable) -> Iterator[str]:
    """Names that another file system, or another eye, takes for one."""
    for what, names in (
        ("paths", {sample.path for sample in table.samples}),
        ("classes", set(table.class_names)),
    ):
        alike = _alike(names)
        if alike:
            yield (
                f"{sum(map(len, alike))} {what} differ only by case or Unicode form, such as "
                f"{' and '.join(map(ascii, alike[0][:2]))}; rename or merge them"
            )


def _alike(names: Iterable[str]) -> list[list[str]]:
    by_form: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        by_form[unicodedata.normalize("NFC", name.casefold())].append(name)
    return [several for several in by_form.values() if len(several) > 1]


def _other_folders(table: SampleTable) -> Iterator[str]:
    """Labels that differ from the folder, where folders bear the names of classes."""
    names = set(table.class_names)
    mislaid: list[str] = []
    right = 0
    for sample in table.samples:
        folders = set(sample.path.split("/")[:-1])
        if sample.class_name in folders:
            right += 1
        elif folders & names:
            mislaid.append(f"{sample.path} (labelled {sample.class_name})")
    if mislaid and right >= FOLDERS_ARE_CLASSES * len(table.samples):
        yield (
            f"in another class's folder: {counted(len(mislaid), 'image')}: {some(mislaid)}; "
            "correct the labels or move the images"
        )
