"""Classes recorded in one session each cannot be told apart from their sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitac_tui.audit.assessment import assess
from vitac_tui.audit.confounding import confounded, confounding_findings
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.runs.grades import Grade


def table_of(*images: tuple[str, str, str]) -> SampleTable:
    """Return two images for each (class, session, group); the second is a test image."""
    samples = [
        Sample(f"{name}/{number}_{split}.png", ord(name), name, group, session, split=split)
        for number, (name, session, group) in enumerate(images)
        for split in ("train", "test")
    ]
    return SampleTable(Path("/set"), tuple(samples))


def test_a_session_for_each_class_is_the_verdict_whatever_groups_are_shared() -> None:
    table = table_of(("a", "monday", "a1"), ("a", "monday", "a2"), ("b", "tuesday", "b1"))
    (finding,) = confounding_findings(table)
    assert finding.line() == (
        "confounded: 2 of 2 classes come from one session each, which no other class shares "
        "(a, b): a network may recognise the session by its light, camera or gel. Record each "
        "class in several sessions."
    )
    assert (finding.count, finding.of, finding.examples) == (2, 2, ("a", "b"))
    assert assess(table).verdict.startswith("confounded: 2 of 2 classes come from one session")


def test_some_confounded_classes_are_a_warning() -> None:
    table = table_of(("a", "", "a1"), ("b", "", "b1"), ("b", "", "b2"))
    (finding,) = confounding_findings(table)
    assert finding.grade is Grade.WARNING
    assert finding.text.startswith("1 of 2 classes come from one group each")
    assert finding.examples == ("a",)


@pytest.mark.parametrize(
    "images",
    [
        [("a", "monday", "a1"), ("b", "monday", "b1")],  # one session for all
        [("a", "monday", "a1"), ("a", "tuesday", "a2"), ("b", "monday", "b1")],
        [("a", "", "a1"), ("a", "", "a2"), ("b", "", "b1"), ("b", "", "b2")],
        [("a", "monday", "a1")],  # a single class is a finding of its own
        [("a", "monday", "a1"), ("a", "", "a2"), ("b", "", "b1")],  # a session is unknown
    ],
)
def test_sessions_that_classes_share_or_that_are_several_confound_nothing(
    images: list[tuple[str, str, str]],
) -> None:
    assert confounded(table_of(*images)) is None


def test_images_of_unknown_group_are_not_one_group() -> None:
    samples = tuple(
        Sample(f"{name}/{number}.png", ord(name), name, f"{name}/{number}.png", split="train")
        for name in "ab"
        for number in range(2)
    )
    assert confounded(SampleTable(Path("/set"), samples)) is None
