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
        ({"met": False, "row": "dense"}, "no amount loses at most 1 point of the dense model's"),
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
            "drop of more than 1 point; about 150 images would do so in 4 of 5 cases",
        ),
        ({"low": -0.04, "high": 0.02}, "too little is known to tell how many images would"),
        (
            {"difference": -0.02, "low": -0.04, "high": 0.02},
            "drop of more than 1 point, and more such images would not help",
        ),
        ({"low": -0.01 - 1e-12}, "is ruled out"),  # rounding
    ],
)
def test_it_ends_with_what_the_interval_means(data, end):
    assert selection.rule(selected(**data)).endswith(end)


def test_a_fixed_sequence_says_what_it_guarantees():
    text = selection.rule(selected(rule_name="fixed_sequence", strict=True, error=0.025))
    assert text.endswith(
        "on new groups it loses more with a probability of at most 2.5 %, over all amounts tried"
    )
    refined = searched(refine=0.01, bracketed=True)
    row = selected(rule_name="fixed_sequence", strict=True, error=0.025, search=refined)
    assert "tried, if accuracy does not rise with the amount; found to within" in selection.rule(
        row
    )


def test_groups_are_what_one_collects():
    row = selected(low=-0.04, high=0.02, images=72, groups=24, images_needed=384, groups_needed=128)
    assert selection.rule(row).endswith(
        "on the same 72 images in 24 groups: cannot rule out a drop of more than 1 point; about "
        "380 images in 130 groups would do so in 4 of 5 cases"
    )


def test_if_no_amount_qualifies_the_dense_model_stays():
    row = selected(met=False, row="seed1-dense", difference=-0.2, low=-0.3, high=-0.1)
    assert selection.rule(row) == (
        "no amount loses at most 1 point of the dense model's top-1: the dense model stays; try "
        "smaller amounts; the smallest amount: -20.0 [-30.0, -10.0] points on the same 10,000 "
        "images: a drop of more than 1 point is certain"
    )


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
