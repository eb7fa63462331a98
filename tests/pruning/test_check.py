"""Steps that do not fit are found before a run, and the message says what would be right."""

import time
from typing import ClassVar

import pytest
import torch

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import LayerUnstructured
from vitac_tui.pruning.check import check_steps


def check(*steps, arch="resnet18", key="prune"):
    check_steps(arch, 10, 64, {key: steps})


def test_the_study_s_variants_pass(step):
    check_steps(
        "resnet18",
        1000,
        227,
        {
            "variant.a.prune": (step.unstructured(0.4), step.structured(0.8, "fc")),
            "variant.b.prune": (step.structured(0.2, "fc"), step.unstructured(0.4)),
            "variant.c.prune": (step.depgraph(layer="conv1", channels=[2, 6, 9]),),
        },
    )


@pytest.mark.parametrize(
    "kind, settings, message",
    [
        ("structured", (0.5, "fcc"), r"layers: 'fcc' matches no layer \(did you mean 'fc'\?\)"),
        ("structured", (0.5, "fc", "zzz"), r"layers: 'zzz' matches no layer; name layers such as"),
        (
            "by_layer",
            (0.5, "layer1"),
            r"layers: 'layer1' is a block, not a layer; .*\"layer1\.\*\"",
        ),
        ("by_layer", (0.5, "bn1"), r"layers: 'bn1' is a BatchNorm2d; name convolutions"),
        ("by_layer", (0.5, "*relu"), r"layers: '\*relu' matches no layer; name convolutions"),
    ],
)
def test_names_that_match_nothing_to_prune(step, kind, settings, message):
    with pytest.raises(UserError, match=message):
        check(getattr(step, kind)(*settings))


def test_a_dimension_beyond_the_weight(step):
    check(step.structured(0.5, "conv1", dim=3))
    with pytest.raises(UserError, match="dim: the weight of 'fc' has no dimension 3; use 0 to 1"):
        check(step.structured(0.5, "*", dim=3))


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"layer": "conv1", "channels": [64]}, r"channels: 'conv1' has no channel 64: it has 64"),
        ({"layer": "conv1", "channels": range(64)}, r"channels: .*would leave nothing"),
        ({"layer": "fc", "channels": [0]}, r"layer: 'fc' is the classifier"),
        ({"layer": "conv2", "channels": [0]}, r"layer: 'conv2' matches no layer \(did you mean"),
        ({"layer": "bn1", "channels": [0]}, r"layer: 'bn1' is a BatchNorm2d"),
        ({"layer": "layer1.*", "channels": [0]}, r"layer: 'layer1\.\*' matches 4 layers"),
        ({"amount": 0.5, "protect": ["nope"]}, r"protect: 'nope' matches no layer"),
        ({"amount": 0.5, "protect": ["*"]}, r"protect: protects every layer"),
    ],
    ids=str,
)
def test_channels_that_cannot_go(step, settings, message):
    with pytest.raises(UserError, match=message):
        check(step.depgraph(**settings))


def test_later_steps_see_the_widths_that_earlier_ones_leave(step):
    last = step.depgraph(layer="conv1", channels=[40])
    check(last)
    with pytest.raises(
        UserError, match=r"prune\.1\.channels: 'conv1' has no channel 40: it has 32"
    ):
        check(step.depgraph(amount=0.5), last)
    with pytest.raises(UserError, match=r"prune\.1\.channels: .* it has 16"):
        check(step.depgraph(amount={"sweep": [0.1, 0.75]}), last)
    check(step.depgraph(amount=0.5, scope="global"), last)  # widths depend on the weights


def test_the_place_is_named_as_in_the_preset(step):
    wrong = step.structured(0.5, "fcc")
    with pytest.raises(UserError, match=r"^prune\.0\.layers: "):
        check(wrong)
    with pytest.raises(UserError, match=r"^variant\.b\.prune\.1\.layers: "):
        check(step.unstructured(0.5), wrong, key="variant.b.prune")


def test_it_takes_no_time_and_no_random_numbers(step):
    check(step.depgraph(amount=0.5))  # imports
    before, start = torch.get_rng_state(), time.process_time()
    for importance in ("taylor", "random", "lamp"):
        check(step.depgraph(amount=0.5, importance=importance))
    assert time.process_time() - start < 2
    assert torch.equal(torch.get_rng_state(), before)


class _Missing(LayerUnstructured):
    check: ClassVar[str] = "vitac_tui.pruning.check:nothing_of_this_name"


def test_a_step_whose_code_is_missing_fails_the_check(step):
    made = _Missing(method="layer_unstructured", amount=0.5)
    with pytest.raises(UserError, match=r"^prune\.1: vitac_tui\.pruning\.check:nothing.* imported"):
        check(step.unstructured(0.4), made)
