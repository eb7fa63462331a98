"""Findings from names and file contents, and the lines that are derived from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitac_tui.audit.assessment import assess
from vitac_tui.audit.finding import MAX_EXAMPLES, Finding, Kind
from vitac_tui.audit.fingerprint import fingerprint
from vitac_tui.audit.inputs import NAMES_ONLY, AuditInputs
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.runs.grades import Grade


def table_of(*samples: Sample) -> SampleTable:
    return SampleTable(Path("/set"), samples)


def sample(path: str, split: str, label: int = 0, group: str = "", frame: int = -1) -> Sample:
    return Sample(path, label, f"c{label}", group or path, frame=frame, split=split)


def found(table: SampleTable, kind: Kind, inputs: AuditInputs = NAMES_ONLY) -> list[Finding]:
    return [finding for finding in assess(table, inputs).findings if finding.kind is kind]


#: Two classes with one image in each split, and nothing in common.
CLEAN = [
    sample(f"{name}/{number}", split, label)
    for label, name in enumerate("ab")
    for number, split in enumerate(("train", "val", "test"))
]
HASHES = [str(number) for number in range(len(CLEAN))]


def test_if_nothing_was_found_the_verdict_says_what_was_and_was_unchecked():
    found = assess(table_of(*CLEAN), AuditInputs(HASHES))
    assert found.grade is Grade.NOTHING_FOUND
    assert found.findings == ()
    assert found.verdict == (
        "nothing found: training and test share no paths or bytes. Unchecked: pixels, groups "
        "(unknown), frame numbers (unknown), near-duplicates."
    )
    assert "bytes" in assess(table_of(*CLEAN)).coverage.unchecked


def test_known_groups_and_frames_are_reported_as_compared():
    table = table_of(
        sample("a/p1_1", "train", group="a/p1", frame=1),
        sample("b/p1_1", "train", 1, group="b/p1", frame=1),
        sample("a/p2_1", "test", group="a/p2", frame=1),
    )
    coverage = assess(table, AuditInputs(["1", "2", "3"])).coverage
    assert coverage.compared == ("paths", "bytes", "groups", "adjacent frames")


def test_an_image_in_two_splits_is_a_leak():
    table = table_of(sample("a/1", "test"), sample("a/1", "train"))
    (finding,) = found(table, Kind.SAME_FILE, AuditInputs(["1", "1"]))
    assert finding.record() == {
        "kind": "same_file",
        "grade": "leak",
        "split": "test",
        "other": "train",
        "count": 1,
        "of": 1,
        "text": "1 test image also listed for training",
        "remedy": "Remove from one side what is in both",
        "examples": ["a/1"],
    }
    assert finding.line() == (
        "leak: 1 test image also listed for training (a/1). Remove from one side what is in both."
    )
    assert assess(table).verdict == (
        "leak: 1 test image also listed for training. Remove from one side what is in both."
    )


def test_an_image_that_is_listed_twice_is_not_also_counted_as_equal_bytes():
    table = table_of(sample("a/1", "test"), sample("a/1", "train"))
    assert not found(table, Kind.SAME_BYTES, AuditInputs(["1", "1"]))


def test_equal_bytes_in_two_splits_are_a_leak_and_unknown_ones_are_not():
    table = table_of(sample("a/1", "train"), sample("b/2", "test"))
    (finding,) = found(table, Kind.SAME_BYTES, AuditInputs(["x", "x"]))
    assert finding.grade is Grade.LEAK
    assert finding.text == "1 test image with the same bytes as training images"
    assert finding.examples == ("b/2",)
    unknown = assess(table, AuditInputs(["", ""]))
    assert unknown.grade < Grade.LEAK
    assert "bytes" in unknown.coverage.unchecked


def test_equal_bytes_of_different_classes_are_conflicting_labels():
    table = table_of(sample("a/1", "train", 0), sample("b/1", "train", 1))
    (finding,) = found(table, Kind.CONFLICTING_LABELS, AuditInputs(["x", "x"]))
    assert finding.text == "2 images have the same bytes but different classes"
    assert finding.examples == ("a/1", "b/1")


def test_a_group_in_two_splits_is_a_shared_source():
    table = table_of(
        sample("11v/P1_1", "train", group="11v/P1"),
        sample("11v_test/P1_2", "test", group="11v/P1"),
        sample("11v_test/P2_2", "test", group="11v/P2"),
    )
    (finding,) = found(table, Kind.SHARED_GROUPS)
    assert (finding.grade, finding.count, finding.of) == (Grade.SHARED_SOURCES, 1, 2)
    assert finding.examples == ("11v/P1",)
    assert finding.text == "1 of 2 test images are in 1 group that also contains training images"
    assert assess(table).verdict == (
        f"shared sources: {finding.text}; near-duplicates were not searched. Split by group."
    )


def test_a_group_name_in_two_classes_is_two_groups():
    table = table_of(
        sample("a/1", "train", 0, "p1"),
        sample("a/2", "train", 0, "p1"),
        sample("b/1", "test", 1, "p1"),
        sample("b/2", "val", 1, "p2"),
    )
    assert not found(table, Kind.SHARED_GROUPS)


@pytest.mark.parametrize(
    "train, test, near",
    [
        ("11t/129_1.jpg", "11t_test/131_1.jpg", True),
        ("11t/129_1.jpg", "11t_test/130_1.jpg", True),
        ("11t/129_1.jpg", "11t_test/132_1.jpg", False),
        ("11t/129_1.jpg", "11t_test/130_2.jpg", False),
        ("11t/129_1.jpg", "22t_test/130_1.jpg", False),
    ],
)
def test_neighbouring_frames_are_found_across_groups_that_are_too_fine(
    train: str, test: str, near: bool
):
    table = SampleTable(
        Path("/set"),
        tuple(
            Sample(
                path,
                0,
                "c",
                group=path,
                frame=int(path.split("/")[1].split("_")[0]),
                modality="tactile",
                split=split,
            )
            for path, split in ((train, "train"), (test, "test"))
        ),
    )
    findings = found(table, Kind.NEIGHBOURING_FRAMES)
    assert [finding.examples for finding in findings] == (
        [(f"{test} and {train}",)] if near else []
    )
    assert (assess(table).grade is Grade.NEIGHBOURS) == near


def test_frames_of_different_presses_are_not_neighbours():
    table = table_of(
        sample("a/press3_3.png", "train", group="a/press3", frame=3),
        sample("a/press4_4.png", "test", group="a/press4", frame=4),
    )
    assert not found(table, Kind.NEIGHBOURING_FRAMES)


def test_without_a_test_set_the_verdict_is_about_validation():
    table = table_of(*(sample for sample in CLEAN if sample.split != "test"))
    assert "training and validation share no" in assess(table).verdict


@pytest.mark.parametrize(
    "split, verdict",
    [
        ("train", "inconclusive: there are neither validation nor test images to compare with"),
        ("test", "inconclusive: there are no training images to compare with"),
    ],
)
def test_with_a_single_split_nothing_can_be_compared(split: str, verdict: str):
    table = table_of(*(sample for sample in CLEAN if sample.split == split))
    assert assess(table).verdict.startswith(verdict)


def test_a_single_class_is_never_a_set_in_which_nothing_was_found():
    table = table_of(*(sample for sample in CLEAN if sample.label == 0))
    found = assess(table, AuditInputs(HASHES[:3]))
    assert found.grade is Grade.DOUBTFUL
    assert found.verdict.startswith(
        "doubtful: there is only one class, c0, and a classifier needs two or more. Check that the "
        "folder and the layout are the intended ones. Otherwise nothing was found: training and"
    )


def test_imbalanced_and_missing_classes_and_empty_splits_are_found():
    samples = [sample(f"a/{i}", "train") for i in range(6)]
    samples += [sample("b/1", "train", 1), sample("b/2", "train", 1), sample("a/t", "test")]
    assert assess(table_of(*samples)).warnings == (
        (
            "classes are imbalanced: c0 has 6 training images and c1 has 2. "
            'Consider train.class_weights = "balanced".'
        ),
        (
            "there are no validation images. Set dataset.split.val above 0, or give them a list or "
            "a folder of their own."
        ),
        "1 of 2 classes have no test image (c1). Add some, or remove these classes.",
    )


def test_notes_of_reading_come_first_and_do_not_change_the_verdict():
    table = table_of(*CLEAN)
    found = assess(table, notes=["leak: in a file name"])
    assert found.warnings[0] == "leak: in a file name"
    assert found.findings[0].kind is Kind.READING
    assert found.grade is Grade.NOTHING_FOUND


def test_findings_are_one_line_whatever_names_contain():
    table = table_of(sample("a/\n\x1b[2J", "train"), sample("a/\n\x1b[2J", "test"))
    found = assess(table)
    assert all(text.isprintable() for text in found.warnings)
    rows = [finding.record() for finding in found.findings]
    assert all(text.isprintable() for row in rows for text in row["examples"])


def test_few_examples_are_shown_and_not_all_are_recorded():
    samples = [sample(f"a/{i:02}", split) for i in range(30) for split in ("train", "test")]
    (finding,) = found(table_of(*samples), Kind.SAME_FILE)
    assert "(such as a/00, a/01, a/02)" in finding.line()
    assert len(finding.record()["examples"]) == MAX_EXAMPLES


def test_the_fingerprint_changes_with_path_class_split_and_content_but_not_with_order():
    rows = CLEAN[:3]
    first = fingerprint(table_of(*rows), ["1", "2", "3"])
    assert first == fingerprint(table_of(*reversed(rows)), ["3", "2", "1"])
    others = [
        fingerprint(table_of(*rows), ["1", "2", "4"]),
        fingerprint(table_of(*rows[:2], sample("a/2", "val")), ["1", "2", "3"]),
        fingerprint(table_of(*rows[:2], sample("a/2", "test", 1)), ["1", "2", "3"]),
        fingerprint(table_of(*rows[:2], sample("a/4", "test")), ["1", "2", "3"]),
    ]
    assert len({first, *others}) == 5
