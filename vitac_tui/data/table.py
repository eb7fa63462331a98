"""The sample table: what every layout makes, and what everything else works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from vitac_tui.data.source import FolderSource, ImageSource

SplitName = Literal["train", "val", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "val", "test")
#: The name of each split in a sentence.
TITLE = {"train": "training", "val": "validation", "test": "test"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One image. Text fields that the layout does not know are empty."""

    path: str  # the name of the image in its source, with forward slashes
    label: int  # raw class id; need not be contiguous
    class_name: str
    group: str = ""  # images of one group may be near-duplicates and stay in one split
    session: str = ""
    frame: int = -1  # position within the group, -1 where unknown
    modality: str = ""
    pair: str = ""  # equal for the visual and the tactile image of the same thing
    split: str = ""  # "train", "val" or "test"; "" before the split is made


@dataclass(frozen=True)
class ReadResult:
    """What the read function of a layout returns.

    Attributes:
        samples: in any order, with or without a split.
        warnings: one sentence each.
        archive: the source of images that are not files below `dataset.root`.
    """

    samples: Sequence[Sample]
    warnings: Sequence[str] = ()
    archive: ImageSource | None = None


@dataclass(frozen=True)
class SampleTable:
    """All samples of a dataset, in a fixed order, each in a split.

    Attributes:
        root: the folder of the dataset.
        split_given: whether lists or folders decide what is test, rather than `dataset.split`.
        archive: the source of images that are not files below `root`.
    """

    root: Path
    samples: tuple[Sample, ...]
    warnings: tuple[str, ...] = ()
    split_given: bool = False
    archive: ImageSource | None = None

    @property
    def source(self) -> ImageSource:
        """Where the images are read from."""
        return self.archive or FolderSource(self.root)

    @cached_property
    def class_ids(self) -> tuple[int, ...]:
        """The class ids, ascending."""
        return tuple(sorted({sample.label for sample in self.samples}))

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The class names in the order of `class_ids`."""
        names = {sample.label: sample.class_name for sample in self.samples}
        return tuple(names[label] for label in self.class_ids)

    def rows(self, split: str) -> tuple[int, ...]:
        """Return the indices of a split's samples, ascending."""
        return tuple(i for i, sample in enumerate(self.samples) if sample.split == split)
