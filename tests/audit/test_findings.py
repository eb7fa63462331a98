from __future__ import annotations

from pathlib import Path

import pytest

from vitac_tui.audit.evidence import Evidence
from vitac_tui.audit.findings import fingerprint, warnings_of
from vitac_tui.audit.verdict import verdict
from vitac_tui.data.table import Sample, SampleTable


def table_of(*samples: Sample) -> SampleTable:
    return SampleTable(Path("/set"), samples)


def sample(path: str, split: str, label: int = 0, group: str = "", frame: int = -1) -> Sample:
    return Sample(path, label, f"c{label}", group or path, frame=frame, split=split)


CLEAN = [sample("a/1", "train"), sample("a/2", "val"), sample("a/3", "test")]


def test_where_nothing_was_found_the_verdict_says_what_was_and_was_not_compared():
    said = verdict(table_of(*CLEAN), Evidence(["1", "2", "3"]))
    assert said.startswith("no overlap found between train and test in paths, bytes;")
    assert "groups are unknown" in said
    assert "near copies were not searched" in said
    assert "bytes" not in verdict(table_of(*CLEAN))
    assert warnings_of(table_of(*CLEAN), Evidence(["1", "2", "3"])) == (
        "there is one class only, c0: a classifier needs two or more",
    )


def test_known_groups_and_frames_are_named_as_compared():
    table = table_of(
        sample("a/p1_1", "train", group="a/p1", frame=1),
        sample("a/p2_1", "test", group="a/p2", frame=1),
    )
    said = verdict(table, Evidence(["1", "2"]))
    assert "in paths, bytes, groups, frame numbers; near copies were not searched" in said


def test_an_image_in_two_splits_is_a_leak():
    table = table_of(sample("a/1", "test"), sample("a/1", "train"))
    assert verdict(table, Evidence(["1", "1"])) == (
        "leak: 1 test image also listed for training; remove from one side"
    )
    assert "1 image in both training and test: a/1; remove from one side" in warnings_of(
        table, Evidence(["1", "1"])
    )


def test_equal_bytes_in_two_splits_are_a_leak_and_unknown_ones_are_not():
    table = table_of(sample("a/1", "train"), sample("b/2", "test"))
    assert verdict(table, Evidence(["x", "x"])).startswith("leak: 1 test image with the same bytes")
    assert not verdict(table, Evidence(["", ""])).startswith("leak")
    assert "bytes" not in verdict(table, Evidence(["", ""]))
    found = warnings_of(table, Evidence(["x", "x"]))
    assert "1 test image with the same bytes as training images: b/2; remove from one side" in found


def test_equal_bytes_under_different_classes_are_a_contradiction():
    table = table_of(sample("a/1", "train", 0), sample("b/1", "train", 1))
    found = warnings_of(table, Evidence(["x", "x"]))
    assert any(
        "2 images have the same bytes under different classes: a/1, b/1;" in f for f in found
    )


def test_a_group_on_both_sides_is_a_shared_source():
    table = table_of(
        sample("11v/P1_1", "train", group="11v/P1"),
        sample("11v_test/P1_2", "test", group="11v/P1"),
        sample("11v_test/P2_2", "test", group="11v/P2"),
    )
    assert verdict(table).startswith("shared sources: 1 of 2 test images from 1 group")
    assert (
        "1 group in both training and test, with 1 test image: 11v/P1; split by group"
    ) in warnings_of(table)


def test_a_groups_name_shared_by_two_classes_is_two_groups():
    table = table_of(
        sample("a/1", "train", 0, "p1"),
        sample("a/2", "train", 0, "p1"),
        sample("b/1", "test", 1, "p1"),
        sample("b/2", "val", 1, "p2"),
    )
    assert verdict(table).startswith("no overlap found")


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
def test_neighbouring_frames_are_found_across_groups_that_the_user_made_too_fine(
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
    assert verdict(table).startswith("neighbours: 1 test image") == near
    assert any("frame numbers next to training" in text for text in warnings_of(table)) == near


def test_frames_of_different_presses_are_no_neighbours():
    table = table_of(
        sample("a/press3_3.png", "train", group="a/press3", frame=3),
        sample("a/press4_4.png", "test", group="a/press4", frame=4),
    )
    assert verdict(table).startswith("no overlap found")


def test_without_a_test_set_validation_is_judged_and_without_both_nothing():
    assert "train and val" in verdict(table_of(*CLEAN[:2]))
    assert verdict(table_of(CLEAN[0])).startswith("nothing to compare")
    assert verdict(table_of(CLEAN[2])).startswith("nothing to compare: there are no training")


def test_uneven_and_missing_classes_and_empty_splits_are_named():
    samples = [sample(f"a/{i}", "train") for i in range(6)]
    samples += [sample("b/1", "train", 1), sample("b/2", "train", 1), sample("a/t", "test")]
    assert warnings_of(table_of(*samples)) == (
        (
            "classes are uneven: c0 has 6 training images and c1 has 2; "
            'consider train.class_weights = "balanced"'
        ),
        "there are no validation images; set dataset.split.val above 0, or name a list of them",
        "1 of 2 classes have no test image: c1; add some, or leave the classes out",
    )


def test_findings_are_one_line_whatever_names_hold():
    table = table_of(sample("a/\n\x1b[2J", "train"), sample("a/\n\x1b[2J", "test"))
    assert all(text.isprintable() for text in warnings_of(table))


def test_the_fingerprint_changes_with_path_class_split_and_content_but_not_with_order():
    first = fingerprint(table_of(*CLEAN), ["1", "2", "3"])
    assert first == fingerprint(table_of(*reversed(CLEAN)), ["3", "2", "1"])
    others = [
        fingerprint(table_of(*CLEAN), ["1", "2", "4"]),
        fingerprint(table_of(*CLEAN[:2], sample("a/3", "val")), ["1", "2", "3"]),
        fingerprint(table_of(*CLEAN[:2], sample("a/3", "test", 1)), ["1", "2", "3"]),
        fingerprint(table_of(*CLEAN[:2], sample("a/4", "test")), ["1", "2", "3"]),
    ]
    assert len({first, *others}) == 5
