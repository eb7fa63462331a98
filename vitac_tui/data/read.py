"""Reading a dataset: from the `[dataset]` settings to the sample table."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from vitac_tui.data.paths import excluded_warning, is_excluded, refusals_named
from vitac_tui.data.splits import assign, assign_from
from vitac_tui.data.table import ReadResult, Sample, SampleTable
from vitac_tui.errors import UserError, one_line, some
from vitac_tui.experiment import dataset as settings
from vitac_tui.experiment.expressions import bounded, compiled
from vitac_tui.experiment.registries import implementation
from vitac_tui.sampleset.place import sample_root
from vitac_tui.system.dirs import expanded


def read_dataset(
    dataset: settings.DatasetSettings,
    *,
    working_dir: Path | None = None,
    split_of: Mapping[str, Collection[str]] | None = None,
) -> SampleTable:
    """Read a dataset: its layout, its groups, its split.

    No image is opened. Samples are sorted by path, so the table does not depend on the file system
    or on the order of lists. Class names become printable text, since they are written to logs,
    model files and terminals.

    Args:
        dataset: the settings.
        working_dir: folder that `dataset.root` is relative to; defaults to the current one.
        split_of: splits by path of an earlier run, for `dataset.split.from`.

    Raises:
        UserError: the folder, a list, a column or an image is missing, a pattern matches nothing,
            a class has fewer groups than splits, or the user can correct something else.
    """
    root = dataset_root(dataset, working_dir)
    with refusals_named(root):
        found: ReadResult = implementation(dataset.implementation)(dataset, root)
    wanted = [s for s in found.samples if not is_excluded(s.path, dataset.exclude)]
    left_out = excluded_warning(len(found.samples) - len(wanted))
    if not wanted:
        raise UserError(
            "there is no image",
            where=str(root),
            remedy="check dataset.exclude" if left_out else "check dataset.root",
        )
    samples = [
        s if s.class_name.isprintable() else replace(s, class_name=one_line(s.class_name))
        for s in wanted
    ]
    if dataset.group:
        samples = _regroup(samples, dataset.group)
    explicit = False
    if split_of is not None:
        samples, more = assign_from(samples, split_of)
    elif dataset.split.from_:
        raise UserError(
            f"the split of {dataset.split.from_!r} is needed",
            where="dataset.split.from",
            remedy="name a run that has a samples.csv",
        )
    else:
        explicit = any(sample.split for sample in samples)
        samples, more = assign(samples, dataset.split, explicit=explicit)
    samples.sort(key=lambda sample: (sample.path, sample.split))
    warnings = tuple(one_line(text) for text in (*found.warnings, *left_out, *more))
    return SampleTable(root, tuple(samples), warnings, explicit, found.archive)


def dataset_root(dataset: settings.DatasetSettings, working_dir: Path | None = None) -> Path:
    """Return the absolute path of the dataset's folder.

    Raises:
        UserError: it is not set, does not exist, is not a folder, or its name is not UTF-8.
    """
    if isinstance(dataset, settings.SampleSetLayout) and not dataset.root:
        return sample_root(dataset)
    where = "dataset.root"
    if not dataset.root:
        raise UserError("no folder is set", where=where, remedy="name the folder of the dataset")
    base = working_dir or Path.cwd()
    root = Path(os.path.normpath((base / expanded(dataset.root)).absolute()))
    try:
        str(root).encode()
    except UnicodeEncodeError:  # no experiment.toml could hold it
        raise UserError(
            f"the folder's name {str(root)!r} is not UTF-8 text", where=where, remedy="rename it"
        ) from None
    if isinstance(dataset, settings.SampleSetLayout) and not root.exists():
        return root  # the renderer makes it
    try:
        is_folder, there = root.is_dir(), root.exists()
    except (OSError, ValueError):
        is_folder = there = False
    if not there:
        raise UserError(
            f"there is no folder {str(root)!r}",
            where=where,
            remedy=f"a relative path starts at {base}",
        )
    if not is_folder:
        raise UserError(f"{str(root)!r} is not a folder", where=where, remedy="name a folder")
    return root


def require_trainable(table: SampleTable) -> None:
    """Check that a classifier can be trained on the table.

    Raises:
        UserError: fewer than two classes, no training image, or classes without one.
    """
    if len(table.class_ids) < 2:
        raise UserError(
            f"there is only one class, {table.class_names[0]!r}",
            where=str(table.root),
            remedy="a classifier needs two or more; check dataset.root and dataset.layout",
        )
    if not table.rows("train"):
        raise UserError(
            "there are no training images",
            where=str(table.root),
            remedy="name a training list, or check the split",
        )
    train = Counter(sample.label for sample in table.samples if sample.split == "train")
    lacking = [
        name
        for label, name in zip(table.class_ids, table.class_names, strict=True)
        if not train[label]
    ]
    if lacking:
        raise UserError(
            f"{len(lacking)} of {len(table.class_ids)} classes have no training image: "
            f"{some(lacking, 5)}",
            where=str(table.root),
            remedy="add training images, or remove these classes from the test set",
        )


def _regroup(samples: Sequence[Sample], pattern: str) -> list[Sample]:
    """Set the groups that `dataset.group` finds, qualified by the class."""
    where = "dataset.group"
    search = bounded(compiled(pattern).search, pattern, where)
    regrouped: list[Sample] = []
    unmatched: list[str] = []
    for sample in samples:
        match = search(sample.path)
        if match is None or not match[1]:
            unmatched.append(sample.path)
        else:
            regrouped.append(replace(sample, group=f"{sample.class_name}/{match[1]}"))
    if unmatched:
        raise UserError(
            f"{pattern!r} finds a group for {len(regrouped)} of {len(samples)} images, "
            f"but not for {unmatched[0]!r}",
            where=where,
            remedy="write an expression that finds the group of every image",
        )
    return regrouped
