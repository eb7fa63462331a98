"""What the dataset screen shows of a dataset: read, counted, and decoded when asked to.

Everything blocks and belongs in a thread; `Told` says how far it is and may raise to end it.
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
Told = Callable[[str], None]  # what is being done, and how far

SAMPLE_SET: Table = {"layout": "sample"}
_OF_THE_LAYOUT = ("layout", "split")  # and what the other layout does not have


@dataclass(frozen=True)
class ClassRow:
    """One class: its images in every split, its groups, and the images themselves."""

    name: str
    images: tuple[int, ...]  # in the order of SPLITS
    groups: int
    samples: tuple[Sample, ...]  # unreadable ones included


@dataclass(frozen=True)
class Look:
    """A dataset as the screen shows it."""

    read: Guess
    found: Survey
    spec: ImageSpec
    images: Mapping[str, int]  # by split
    groups: Mapping[str, int]
    classes: tuple[ClassRow, ...]

    @property
    def dataset(self) -> DatasetSettings:
        """The settings that were read by."""
        return self.found.dataset

    @property
    def table(self) -> dict[str, Any]:
        """The `[dataset]` table to go on with: what departs from the defaults."""
        return dataset_table.changed(self.found.dataset)


def look(table: Table, told: Told) -> Look:
    """Read the dataset of a table. One without a layout is guessed from its root.

    Raises:
        UserError: anything that the user can mend.
    """
    with watched(lambda images: told(f"{images} images so far" if images else "reading")):
        if "layout" not in table:
            return _seen(guess_layout(Path(str(table["root"])), table.get("modality")))
        dataset = validated(table)
        if isinstance(dataset, SampleSetLayout):
            _render(dataset, told)
        return _seen(dataset_table.read_as(dataset))


def decoded(before: Look, told: Told) -> Look:
    """Open every image as well, which fills the cache of a run: unreadable ones, equal bytes.

    Raises:
        UserError: no room for the cache, a file that is gone.
    """
    lenient = before.dataset.model_copy(update={"max_corrupt": 1.0})
    images = open_decoded(
        before.read.table,
        lenient,
        progress=lambda done, total: told(f"{done} of {total} images decoded"),
    )
    return _seen(
        before.read,
        survey(
            before.read,
            images,
            progress=lambda done, total: told(f"{done} of {total} images compared"),
        ),
    )


def validated(table: Table, key: str = "", text: str = "") -> DatasetSettings:
    """The settings of a table, with one changed to what was typed (as `--set` would take it).

    Raises:
        UserError: one line that names the setting.
    """
    change = [f"dataset.{key}={text}"] if key else []
    try:
        return dataset_table.validated(table, change, where="dataset")
    except UserError as problem:
        where = problem.where.rpartition(": ")[2].removeprefix("dataset.")
        raise UserError(problem.what, where=where or key, remedy=problem.remedy) from None


def of_layout(table: Table, layout: str) -> dict[str, Any]:
    """The table for another layout: it keeps what both have, apart from the split's shares.

    Shares may be what the first layout's lists made of them.
    """
    model = LAYOUTS[layout].model_fields
    kept = {k: v for k, v in table.items() if k in model and k not in _OF_THE_LAYOUT}
    split = {k: v for k, v in table.get("split", {}).items() if k in ("by", "seed")}
    made = {"layout": layout, **kept, **({"split": split} if split else {})}
    if layout == "sample":
        made.pop("root", None)  # it is rendered where the cache is
    if layout == "pattern":
        made.setdefault("pattern", "{class}/*")
    return made


def _render(dataset: SampleSetLayout, told: Told) -> None:
    """Draw the sample set here, in one thread: the app's own streams cannot be handed to others."""
    render_sample(
        dataset_root(dataset),
        spec_of(dataset),
        (dataset.modality,),
        progress=lambda done, total: told(f"rendering, {done} of {total} images"),
        workers=1,
    )


def _seen(read: Guess, found: Survey | None = None) -> Look:
    found = found or survey(read)
    counts = split_counts(found.table)
    return Look(
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


def state_text(table: Table, look: Look | None, reading: str) -> str:
    """One line: what is being done, or what was read, and where it lies."""
    root = str(table.get("root", "built in"))
    if reading:
        return f"{reading}  {root}"
    if not table:
        return "dataset: choose a folder, or the sample set"
    if look is None:
        return f"not read  {root}"
    images = counted(sum(look.images.values()), "image")
    classes = counted(len(look.classes), "class", "classes")
    return f"{images}, {classes}, {look.dataset.modality}, layout {table['layout']}  {root}"
