"""Load what the dataset screen shows: counts, and the decoded images on request.

These functions block, so call them in a thread. The `Progress` callback may raise to cancel them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitac_tui.audit import dataset_table
from vitac_tui.audit.counts import split_counts
from vitac_tui.audit.survey import Survey, survey
from vitac_tui.data.guess import Guess, guess_layout
from vitac_tui.data.layouts.sample import spec_of
from vitac_tui.data.paths import watched
from vitac_tui.data.read import dataset_root
from vitac_tui.data.table import SPLITS, Sample
from vitac_tui.errors import UserError, counted, one_line
from vitac_tui.experiment.dataset import LAYOUTS, DatasetSettings, SampleSetLayout
from vitac_tui.images.builder import open_decoded
from vitac_tui.images.spec import ImageSpec, image_spec
from vitac_tui.sampleset import render_sample

Table = Mapping[str, Any]  # a `[dataset]` table
Progress = Callable[[str], None]  # receives what is being done, and how far it is

SAMPLE_SET: Table = {"layout": "sample"}
_OF_THE_LAYOUT = ("layout", "split")  # not kept when the layout changes


@dataclass(frozen=True)
class ClassRow:
    """A class, with its images per split and its groups."""

    name: str
    images: tuple[int, ...]  # in the order of SPLITS
    groups: int
    samples: tuple[Sample, ...]  # including unreadable ones


@dataclass(frozen=True)
class DatasetView:
    """A dataset as the screen shows it."""

    read: Guess
    found: Survey
    spec: ImageSpec
    images: Mapping[str, int]  # by split
    groups: Mapping[str, int]
    classes: tuple[ClassRow, ...]

    @property
    def dataset(self) -> DatasetSettings:
        """Return the settings that the dataset was read with."""
        return self.found.dataset

    @property
    def table(self) -> dict[str, Any]:
        """Return the `[dataset]` table without defaults."""
        return dataset_table.changed(self.found.dataset)


def load(table: Table, progress: Progress) -> DatasetView:
    """Read the dataset of a table. Without a layout, guess it from the files in the root.

    Raises:
        UserError: the dataset or its settings are not valid.
    """
    with watched(lambda images: progress(f"{images} images so far" if images else "reading")):
        if "layout" not in table:
            return _view(guess_layout(Path(str(table["root"])), table.get("modality")))
        dataset = validated(table)
        if isinstance(dataset, SampleSetLayout):
            _render(dataset, progress)
        return _view(dataset_table.read_as(dataset))


def decoded(before: DatasetView, progress: Progress) -> DatasetView:
    """Decode every image, to find unreadable images and duplicates. This fills the run's cache.

    Raises:
        UserError: there is no space for the cache, or a file was removed.
    """
    lenient = before.dataset.model_copy(update={"max_corrupt": 1.0})
    images = open_decoded(
        before.read.table,
        lenient,
        progress=lambda done, total: progress(f"{done} of {total} images decoded"),
    )
    return _view(
        before.read,
        survey(
            before.read,
            images,
            progress=lambda done, total: progress(f"{done} of {total} images compared"),
        ),
    )


def validated(table: Table, key: str = "", text: str = "") -> DatasetSettings:
    """Return the settings of a table, optionally with one setting changed as by `--set`.

    Raises:
        UserError: a setting is not valid; the message names it.
    """
    change = [f"dataset.{key}={text}"] if key else []
    try:
        return dataset_table.validated(table, change, where="dataset")
    except UserError as problem:
        where = problem.where.rpartition(": ")[2].removeprefix("dataset.")
        raise UserError(problem.what, where=where or key, remedy=problem.remedy) from None


def of_layout(table: Table, layout: str) -> dict[str, Any]:
    """Return the table for another layout, with the settings that both have.

    The fractions of the split are dropped, since they may come from the first layout's lists.
    """
    model = LAYOUTS[layout].model_fields
    kept = {k: v for k, v in table.items() if k in model and k not in _OF_THE_LAYOUT}
    split = {k: v for k, v in table.get("split", {}).items() if k in ("by", "seed")}
    made = {"layout": layout, **kept, **({"split": split} if split else {})}
    if layout == "sample":
        made.pop("root", None)  # it is rendered into the cache folder
    if layout == "pattern":
        made.setdefault("pattern", "{class}/*")
    return made


def _render(dataset: SampleSetLayout, progress: Progress) -> None:
    """Render the sample set in one thread: worker processes cannot inherit the app's streams."""
    render_sample(
        dataset_root(dataset),
        spec_of(dataset),
        (dataset.modality,),
        progress=lambda done, total: progress(f"rendering, {done} of {total} images"),
        workers=1,
    )


def _view(read: Guess, found: Survey | None = None) -> DatasetView:
    found = found or survey(read)
    counts = split_counts(found.table)
    return DatasetView(
        read,
        found,
        image_spec(read.table, found.dataset),
        {split: counts[split]["images"] for split in SPLITS},
        {split: counts[split]["groups"] for split in SPLITS},
        _classes(read, found),
    )


def _classes(read: Guess, found: Survey) -> tuple[ClassRow, ...]:
    by_class: dict[int, list[Sample]] = defaultdict(list)
    for sample in read.table.samples:
        by_class[sample.label].append(sample)
    rows = []
    for _, samples in sorted(by_class.items()):
        readable = [sample for sample in samples if sample.path not in found.corrupt]
        counts = tuple(sum(sample.split == split for sample in readable) for split in SPLITS)
        groups = len({sample.group for sample in readable})
        rows.append(ClassRow(one_line(samples[0].class_name), counts, groups, tuple(samples)))
    return tuple(rows)


def state_text(table: Table, view: DatasetView | None, reading: str) -> str:
    """Return one line: the progress, or what was read, and the dataset's root."""
    root = str(table.get("root", "built in"))
    if reading:
        return f"{reading}  {root}"
    if not table:
        return "dataset: choose a folder, or the sample set"
    if view is None:
        return f"not read  {root}"
    images = counted(sum(view.images.values()), "image")
    classes = counted(len(view.classes), "class", "classes")
    return f"{images}, {classes}, {view.dataset.modality}, layout {table['layout']}  {root}"
