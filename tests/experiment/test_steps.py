"""What a pruning step declares about itself, and what is known of steps on record."""

from typing import Any

import pytest

from vitac_tui.experiment.prune import METHODS, Step, kind_of, needs_training_images
from vitac_tui.experiment.registries import CHANNEL_IMPORTANCES, implementation
from vitac_tui.runs.lines import masked

SMALLEST: dict[str, dict[str, Any]] = {
    "global_unstructured": {"amount": 0.4},
    "layer_unstructured": {"amount": 0.4},
    "ln_structured": {"amount": 0.4, "layers": ["fc"]},
    "depgraph": {"amount": 0.4},
    "two_four": {},
}


def step(method: str, **settings: Any) -> Step:
    return METHODS[method].model_validate({"method": method, **settings})


@pytest.mark.parametrize("method", METHODS)
def test_a_step_declares_how_it_is_checked_and_described(method: str) -> None:
    made = step(method, **SMALLEST[method])
    assert callable(implementation(made.check))
    assert made.kind in ("masks", "channels")
    assert made.summary.startswith(method)


def test_a_summary_names_the_layers_if_they_are_not_all() -> None:
    assert step("global_unstructured", amount=0.4).summary == "global_unstructured"
    assert step("ln_structured", amount=0.4, layers=["fc"]).summary == "ln_structured of fc"
    assert step("depgraph", layer="conv1", channels=[1]).summary == "depgraph of conv1"


def test_a_step_says_what_it_was_asked_for() -> None:
    assert step("global_unstructured", amount=0.4).requested == 0.4
    assert step("depgraph", layer="conv1", channels=[1, 2]).requested == [1, 2]


@pytest.mark.parametrize("importance", CHANNEL_IMPORTANCES)
def test_only_criteria_with_gradients_need_training_images(importance: str) -> None:
    without_recovery = {"bn_batches": 0}
    by_amount = step("depgraph", amount=0.4, importance=importance, recover=without_recovery)
    by_channel = step("depgraph", layer="conv1", channels=[1], importance=importance)
    assert needs_training_images(by_amount) == (importance == "taylor")
    assert not needs_training_images(by_channel)
    assert needs_training_images(step("depgraph", amount=0.4))  # re-estimates batch-norm


def test_rows_know_whether_weights_were_masked() -> None:
    of_today = {"steps": [{"method": "of_a_plugin", "kind": "masks"}]}
    of_earlier_versions = {"steps": [{"method": "depgraph"}, {"method": "ln_structured"}]}
    assert masked(of_today)
    assert masked(of_earlier_versions)
    assert not masked({"steps": [{"method": "depgraph"}]})
    assert not masked({"steps": [{"method": "of_a_plugin", "kind": "channels"}]})
    assert kind_of({"method": "of_a_plugin"}) == ""
