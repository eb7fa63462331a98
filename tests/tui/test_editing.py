"""The list of pruning steps being edited, and the points to choose an amount from."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import scripted

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import METHODS
from vitac_tui.runs import log, results
from vitac_tui.tui.reading.editing import Editing, read_amounts, read_sweep, sweep_text, where
from vitac_tui.tui.reading.points import Points, Scored


def two() -> Editing:
    return Editing().add("global_unstructured", "fc").add("ln_structured", "fc")


def test_steps_are_added_after_the_cursor_and_moved_with_it() -> None:
    made = two()
    assert [step["method"] for step in made.steps] == ["global_unstructured", "ln_structured"]
    assert made.at == 1
    assert made.move(-1).steps == (made.steps[1], made.steps[0])
    assert made.move(-1).at == 0
    assert made.move(1) == made
    assert made.choose(-1).add("depgraph", "fc").steps[1]["method"] == "depgraph"
    assert made.remove().remove().remove() == Editing()


@pytest.mark.parametrize("method", METHODS)
def test_a_new_step_of_any_method_is_valid(method: str) -> None:
    (step,) = Editing().add(method, "fc").steps
    METHODS[method].model_validate(step)


def test_adjusted_amounts_are_rounded_and_stay_in_range() -> None:
    made = two()
    for _ in range(7):
        made = made.adjust(0.01)
    assert made.amount == 0.57
    for _ in range(9):
        made = made.adjust(0.1)
    assert made.amount == 0.99
    assert made.adjust(-5).amount == 0.0


def test_a_step_is_written_as_a_line_of_toml() -> None:
    made = two()
    text = made.text()
    assert text == 'amount = 0.5, layers = ["fc"]'
    assert made.write(text) == made
    by_hand = made.write('amount = 0.2, layers = ["fc"], dim = 1, recover = {bn_batches = 5}')
    assert by_hand.step["recover"] == {"bn_batches": 5}
    assert by_hand.write(by_hand.text()) == by_hand
    with pytest.raises(UserError, match="is not TOML"):
        made.write("amount =")


def test_variants_include_the_current_steps_once() -> None:
    made = two()
    assert [variant["name"] for variant in made.variants()] == ["main"]
    kept = made.keep("a")
    assert [variant["name"] for variant in kept.variants()] == ["a"]
    assert kept.next_name() == "b"
    assert [variant["name"] for variant in kept.adjust(0.1).variants()] == ["a", "main"]
    named = made.keep("main").adjust(0.1)
    assert [variant["name"] for variant in named.variants()] == ["main", "a"]


def test_lists_that_differ_in_the_amount_at_the_cursor_have_one_shape() -> None:
    made = two()
    assert made.shape() == made.adjust(0.1).shape()
    assert made.shape() != made.choose(-1).adjust(0.1).choose(1).shape()
    assert made.shape() != made.put("dim", 1).shape()


@pytest.mark.parametrize(
    "text, amounts",
    [
        ("0.1:0.9:0.1", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)),
        ("0:0.95:0.5", (0.0, 0.5)),
        ("0.2, 0.5  0.8", (0.2, 0.5, 0.8)),
    ],
)
def test_amounts_of_a_sweep_are_a_range_or_a_list(text: str, amounts: tuple[float, ...]) -> None:
    assert read_amounts(text) == amounts


@pytest.mark.parametrize(
    "text", ["0.1:0.9", "a:b:c", "0:1:0", "0.9:0.1:0.1", "0:1:1e-9", "x", "0:nan:.1"]
)
def test_amounts_of_another_form_are_an_error(text: str) -> None:
    with pytest.raises(UserError):
        read_amounts(text)


@pytest.mark.parametrize(
    "text, table",
    [
        ("0.2:0.8:0.3", {"sweep": [0.2, 0.5, 0.8]}),
        ("0.2, 0.5  0.8 refine 0.01", {"sweep": [0.2, 0.5, 0.8], "refine": 0.01}),
        (" 0.2 refine 1e-3 exact ", {"sweep": [0.2], "refine": 0.001, "exact": True}),
        ("0.2, 0.5 early", {"sweep": [0.2, 0.5], "exact": False}),
    ],
)
def test_a_sweep_is_read_with_its_options(text: str, table: dict[str, object]) -> None:
    assert read_sweep(text) == table
    assert read_sweep(sweep_text(table)) == table
    assert Editing().add("depgraph", "").sweep(table)["prune"][0]["amount"] == table


@pytest.mark.parametrize(
    "text",
    ["refine 0.1", "0.2 refine", "0.2 refine x", "0.2 refined 0.1", "0.2 exact 3", "0.2 EXACT"],
)
def test_unknown_options_of_a_sweep_are_an_error(text: str) -> None:
    with pytest.raises(UserError):
        read_sweep(text)


def test_a_sweep_is_shown_as_it_was_typed() -> None:
    made = two().write('amount = {sweep = [0.2, 0.5], refine = 0.01}, layers = ["fc"]')
    assert made.amount is None
    assert made.sweepable
    assert sweep_text(made.swept or {}) == "0.2, 0.5 refine 0.01"
    assert made.adjust(0.1) == made


def test_a_step_describes_what_it_is_applied_to() -> None:
    assert where({"method": "global_unstructured", "amount": 0.4}) == "all layers"
    assert where({"layers": ["fc", "layer4.*"], "n": 2}) == "fc, layer4.*  n = 2"
    assert where({"layer": "conv1", "channels": [2, 6]}) == "conv1: channels 2, 6"


def test_points_of_a_sweep_and_of_this_list_are_marked_in_order(tmp_path: Path) -> None:
    run = scripted(tmp_path)
    points = Points(results.project(run.name, log.read(run.events)), shape="this")
    assert points.taken == 0.2  # suggested
    points.scored += [Scored("this", 0.3, 0.9), Scored("another", 0.4, 0.9)]
    seen = []
    for _ in range(5):
        points.mark(1)
        seen.append(points.marked)
    assert seen == [0.3, 0.5, 0.8, 0.8, 0.8]
    points.mark(-1)
    assert "masks-0.5: 80.0 [70.0, 85.0] %" in points.about()
    assert points.taken == 0.5


def test_without_points_nothing_is_marked() -> None:
    points = Points(results.Results("none"))
    points.mark(1)
    assert points.taken is None
    assert "no points yet" in points.about()
