"""How serious a finding about a dataset is, and the grade that a run recorded."""

from __future__ import annotations

from enum import IntEnum

from vitac_tui.runs.rows import DatasetRow


class Grade(IntEnum):
    """How far a finding undermines a run's metrics, from not at all to entirely.

    Records hold the names in lower case. Grades above `WARNING` decide the verdict.
    """

    NOTHING_FOUND = 0  # of a verdict only
    NOTE = 1  # worth a look
    WARNING = 2  # a defect of the dataset that does not make the split leak
    DOUBTFUL = 3  # no overlap is known, but the metrics may mean little
    NEIGHBOURS = 4  # neighbouring frames of one recording in two splits
    SHARED_SOURCES = 5  # images of one group in two splits
    INCONCLUSIVE = 6  # the comparison cannot settle whether there is a leak
    CONFOUNDED = 7  # nothing distinguishes the class from the recording session
    LEAK = 8  # copies or near-duplicates in two splits

    @property
    def title(self) -> str:
        """Return the grade in words, such as `shared sources`."""
        return self.name.lower().replace("_", " ")

    @property
    def casts_doubt(self) -> bool:
        """Tell whether metrics must not be shown without this finding."""
        return self > Grade.WARNING


#: How the verdicts of versions that recorded no grade begin.
_OLD_VERDICTS = (
    ("clean", Grade.NOTHING_FOUND),
    ("no overlap", Grade.NOTHING_FOUND),
    ("neighbours", Grade.NEIGHBOURS),
    ("shared sources", Grade.SHARED_SOURCES),
    ("inconclusive", Grade.INCONCLUSIVE),
    ("nothing to compare", Grade.INCONCLUSIVE),
    ("confounded", Grade.CONFOUNDED),
    ("leak", Grade.LEAK),
)
_OLD_CONTROL = "control: "


def with_grade(dataset: DatasetRow) -> DatasetRow:
    """Return a recorded dataset with `verdict_grade` and `control`.

    Earlier versions recorded neither. For their runs, both are derived from the text of the verdict
    and the caveats. This is the only place where text is interpreted.
    """
    verdict = dataset["verdict"]
    old = next((grade for start, grade in _OLD_VERDICTS if verdict.startswith(start)), None)
    if old is None:
        old = Grade.DOUBTFUL if verdict else Grade.NOTHING_FOUND
    control = any(text.startswith(_OLD_CONTROL) for text in dataset.get("marks", ()))
    return {"verdict_grade": old.name.lower(), "control": control, **dataset}


def verdict_grade(dataset: DatasetRow) -> Grade:
    """Return the grade of a recorded verdict; `DOUBTFUL` for a grade of a later version."""
    name = with_grade(dataset)["verdict_grade"]
    return next((grade for grade in Grade if grade.name.lower() == name), Grade.DOUBTFUL)
