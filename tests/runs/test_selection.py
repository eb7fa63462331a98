"""The sentence that says why something was selected."""

from typing import Any

import pytest

from vitac_tui.runs import events, selection
from vitac_tui.runs.rows import SearchRow, SelectedRow


def selected(**more: Any) -> SelectedRow:
    row: Any = {
        "what": "amount", "variant": "masks", "seed": 0, "row": "masks-0.4", "split": "val",
        "rule": "the recorded sentence", "rule_name": "largest_amount", "met": True,
        "strict": False, "max_drop": 0.01, "difference": -0.002, "low": -0.003, "high": -0.001,
        "images": 10_000, "images_needed": None, "search": None,
    }  # fmt: skip
    return row | more


def searched(**more: Any) -> SearchRow:
    row: Any = {
        "amounts": 6, "stopped": 0, "images_scored": 324, "images": 324, "lowest": 0.2,
        "highest": 0.5, "refine": None, "bracketed": False,
    }  # fmt: skip
    return row | more


def test_the_whole_sentence():
    assert selection.rule(selected()) == (
        "largest amount that loses at most 1 point of the dense model's top-1; "
        "-0.2 [-0.3, -0.1] points on the same 10,000 images: "
        "a drop of more than 1 point is ruled out"
    )


@pytest.mark.parametrize(
    "data, start",
    [
        ({"max_drop": 0.005}, "largest amount that loses at most 0.5 points of the dense"),
        ({"strict": True}, "largest amount shown to lose at most 1 point of the dense"),
        ({"met": False}, "no amount loses at most 1 point of the dense model's top-1; this one"),
        ({"met": False, "strict": True}, "no amount is shown to lose at most 1 point of the"),
    ],
)
def test_it_begins_with_the_rule(data, start):
    assert selection.rule(selected(**data)).startswith(start)


@pytest.mark.parametrize(
    "data, end",
    [
        ({"low": -0.04, "high": -0.02}, "a drop of more than 1 point is certain"),
        (
            {"low": -0.04, "high": 0.02, "images": 72, "images_needed": 151},
            "cannot rule out a drop of more than 1 point; about 150 images would be needed",
        ),
        ({"low": -0.04, "high": 0.02}, "and more such images would not help"),
        ({"low": -0.01 - 1e-12}, "is ruled out"),  # rounding
    ],
)
def test_it_ends_with_what_the_interval_means(data, end):
    assert selection.rule(selected(**data)).endswith(end)


@pytest.mark.parametrize(
    "search, end",
    [
        ({}, ""),
        (
            {"refine": 0.01, "bracketed": True},
            "; found to within 0.01 with 6 amounts (steps of 0.01 from 0.2 to 0.5 would take 31)",
        ),
        (
            {"refine": 0.1, "amounts": 2, "highest": 0.8},
            "; tried 2 amounts (steps of 0.1 from 0.2 to 0.8 would take 7)",
        ),
        (
            {"refine": 0.1, "amounts": 2, "highest": 0.21, "bracketed": True},
            "; found to within 0.1 with 2 amounts",
        ),
        (
            {"stopped": 2, "images_scored": 1200, "images": 3240},
            "; 2 of 6 amounts stopped early (1,200 of 3,240 images scored)",
        ),
    ],
)
def test_a_search_says_what_it_saved(search, end):
    assert selection.search_effort(searched(**search)) == end
    assert selection.rule(selected(search=searched(**search))).endswith(end)


def test_a_run_of_an_earlier_version_shows_the_sentence_that_it_recorded():
    old = '{"t":1,"seq":2,"kind":"selected","unit":"","what":"amount","variant":"m","seed":0,'
    old += '"row":"m-0.4","rule":"largest amount by hand","split":"val"}'
    record = events.from_line(old)
    assert record is not None
    assert isinstance(record.event, events.Selected)
    assert selection.rule(selection.row_of(record.event)) == "largest amount by hand"


def test_a_rule_of_a_newer_version_shows_the_sentence_that_it_recorded():
    assert selection.rule(selected(rule_name="smallest_file")) == "the recorded sentence"


def test_an_event_carries_the_sentence_of_its_data():
    event = events.Selected("epoch", "dense", 0, 7, "", "val", rule_name=selection.BEST_TOP1)
    assert selection.rendered(event).rule == "highest top-1, then lowest loss"
