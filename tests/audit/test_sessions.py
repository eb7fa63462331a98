"""Classes that were recorded in one session each cannot be told from their sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitac_tui.audit.findings import warnings_of
from vitac_tui.audit.sessions import confounded
from vitac_tui.audit.verdict import verdict
from vitac_tui.data.table import Sample, SampleTable


def table_of(*images: tuple[str, str, str]) -> SampleTable:
    """A table of (class, session, group), two images each, of which the second is held out."""
    samples = [
        Sample(f"{name}/{number}_{split}.png", ord(name), name, group, session, split=split)
        for number, (name, session, group) in enumerate(images)
        for split in ("train", "test")
    ]
    return SampleTable(Path("/set"), tuple(samples))


def test_a_session_of_its_own_for_each_class_is_said_first() -> None:
    table = table_of(("a", "monday", "a1"), ("a", "monday", "a2"), ("b", "tuesday", "b1"))
    (said,) = (text for text in warnings_of(table) if "session" in text)
    assert said == (
        "2 of 2 classes come from one session each, which no other class shares (a, b): a network "
        "may know the session by its light, camera or gel; record each class in several"
    )
    apart = SampleTable(table.root, tuple(s for s in table.samples if s.split == "train"))
    held = SampleTable(
        table.root,
        (*apart.samples, Sample("a/9.png", ord("a"), "a", "a9", "monday", split="test")),
    )
    assert verdict(held).startswith("confounded: 2 of 2 classes come from one session each")


def test_without_sessions_a_class_of_one_photo_or_press_is_named() -> None:
    found = confounded(table_of(("a", "", "a1"), ("b", "", "b1"), ("b", "", "b2")))
    assert found is not None
    assert str(found) == "1 of 2 classes come from one group each"
    assert found.classes == ("a",)


@pytest.mark.parametrize(
    "images",
    [
        [("a", "monday", "a1"), ("b", "monday", "b1")],  # one session for all
        [("a", "monday", "a1"), ("a", "tuesday", "a2"), ("b", "monday", "b1")],
        [("a", "", "a1"), ("a", "", "a2"), ("b", "", "b1"), ("b", "", "b2")],
        [("a", "monday", "a1")],  # one class only, which is a finding of its own
        [("a", "monday", "a1"), ("a", "", "a2"), ("b", "", "b1")],  # not all sessions are known
    ],
)
def test_sessions_that_classes_share_or_that_are_several_confound_nothing(
    images: list[tuple[str, str, str]],
) -> None:
    assert confounded(table_of(*images)) is None


def test_images_without_a_known_group_are_not_of_one_group() -> None:
    samples = tuple(
        Sample(f"{name}/{number}.png", ord(name), name, f"{name}/{number}.png", split="train")
        for name in "ab"
        for number in range(2)
    )
    assert confounded(SampleTable(Path("/set"), samples)) is None
