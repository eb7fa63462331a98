"""A finding about a dataset, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from vitac_tui.errors import one_line
from vitac_tui.runs.grades import Grade
from vitac_tui.runs.rows import FindingRow

#: Examples that are recorded, and those that a line shows.
MAX_EXAMPLES, SHOWN_EXAMPLES = 20, 3


class Kind(StrEnum):
    """What a finding is about. Records hold the values."""

    READING = "reading"
    ONE_CLASS = "one_class"
    CLASS_IMBALANCE = "class_imbalance"
    EMPTY_SPLIT = "empty_split"
    MISSING_CLASSES = "missing_classes"
    SIMILAR_NAMES = "similar_names"
    MISPLACED_FILES = "misplaced_files"
    CONFOUNDED_CLASSES = "confounded_classes"
    SAME_FILE = "same_file"
    SAME_BYTES = "same_bytes"
    SAME_PIXELS = "same_pixels"
    NEAR_DUPLICATES = "near_duplicates"
    SHARED_GROUPS = "shared_groups"
    NEIGHBOURING_FRAMES = "neighbouring_frames"
    BASELINE = "baseline"
    NO_CONTACT = "no_contact"
    CONFLICTING_LABELS = "conflicting_labels"


@dataclass(frozen=True)
class Finding:
    """One finding. Decisions use its grade and kind; its text is for people only.

    Attributes:
        text: what was found, as a sentence without its full stop.
        split: the split whose images are concerned; "" if it concerns the whole dataset.
        other: the split that these images were compared with; "" if none.
        count: how many images, classes or names are concerned.
        of: out of how many; None if that has no meaning.
        remedy: what to do, as a sentence without its full stop.
        examples: names of the images, groups or classes concerned; records keep `MAX_EXAMPLES`.
        detail: the end of `text`, which a line shows after the examples; begins with punctuation.
    """

    kind: Kind
    grade: Grade
    text: str
    split: str = ""
    other: str = ""
    count: int | None = None
    of: int | None = None
    remedy: str = ""
    examples: tuple[str, ...] = ()
    detail: str = ""

    def line(self) -> str:
        """Return the finding as one line, with examples."""
        return self._line(_in_brackets(self.examples))

    def summary(self) -> str:
        """Return the finding as one line, without examples."""
        return self._line("")

    def record(self) -> FindingRow:
        """Return the finding for `results.json`."""
        return {
            "kind": self.kind.value,
            "grade": self.grade.name.lower(),
            "split": self.split,
            "other": self.other,
            "count": self.count,
            "of": self.of,
            "text": one_line(self.text + self.detail),
            "remedy": one_line(self.remedy),
            "examples": [one_line(name) for name in self.examples[:MAX_EXAMPLES]],
        }

    def _line(self, examples: str) -> str:
        prefix = f"{self.grade.title}: " if self.grade.casts_doubt else ""
        remedy = f". {self.remedy}." if self.remedy else ""
        return one_line(f"{prefix}{self.text}{examples}{self.detail}{remedy}")


def _in_brackets(examples: Sequence[str]) -> str:
    if not examples:
        return ""
    such_as = "such as " if len(examples) > SHOWN_EXAMPLES else ""
    return f" ({such_as}{', '.join(examples[:SHOWN_EXAMPLES])})"
