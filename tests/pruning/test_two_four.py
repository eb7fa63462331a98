"""2:4 sparsity: of every four consecutive inputs of a layer, two stay."""

import pytest
import torch

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import TwoFour
from vitac_tui.models.layers import prunable_layers
from vitac_tui.pruning.check import check_steps
from vitac_tui.pruning.two_four import larger_two_of_four


def two_four(*layers):
    return TwoFour(method="two_four", layers=layers or ("*",))


def fours(values):
    """Groups of four consecutive inputs, [groups, 4]."""
    return values.movedim(1, -1).reshape(-1, 4)


def test_the_larger_two_of_four_stay():
    weight = torch.tensor([[0.1, -0.9, 0.2, 0.0, 5.0, -6.0, 7.0, -8.0]])
    kept = torch.tensor([[False, True, True, False, False, False, True, True]])
    assert torch.equal(larger_two_of_four(weight), kept)


def test_of_equal_weights_two_stay():
    assert larger_two_of_four(torch.ones(3, 8)).sum() == 3 * 4


def test_every_layer_has_the_pattern_and_others_are_reported(study, prune):
    report = prune(study, two_four())
    layers = prunable_layers(study.model)
    assert report.note == "skipped 1 layer without a multiple of 4 inputs: conv1"
    assert (layers.pop("conv1").weight != 0).all()
    for layer in layers.values():
        assert ((fours(layer.weight) != 0).sum(dim=1) == 2).all()
    assert report.kind == "masks"
    assert report.requested is None
    assert report.removed == pytest.approx(0.5, abs=0.001)


def test_channels_last_weights_get_the_same_masks(study, prune):
    other = study.copy()
    other.model.to(memory_format=torch.channels_last)
    prune(study, two_four("layer1.*"))
    prune(other, two_four("layer1.*"))
    assert study.masks.keys() == other.masks.keys()
    assert all(torch.equal(study.masks[name], other.masks[name]) for name in study.masks)


@pytest.mark.parametrize("keep_masks", [False, True])
def test_weights_that_an_earlier_step_zeroed_count_among_the_two(study, prune, step, keep_masks):
    prune(study, step.by_layer(0.5, "fc"), two_four("fc"), keep_masks=keep_masks)
    nonzero = fours(study.model.fc.weight) != 0
    assert (nonzero.sum(dim=1) <= 2).all()
    assert nonzero.sum() > nonzero.numel() * 0.3  # a quarter if the two were zeroed in addition


def test_a_network_without_fitting_layers_fails_the_check():
    check_steps("resnet18", 10, 64, {"prune": (two_four(),)})
    with pytest.raises(UserError, match=r"^prune\.0\.layers: no layer has a multiple of 4 inputs"):
        check_steps("resnet18", 10, 64, {"prune": (two_four("conv1"),)})
    with pytest.raises(UserError, match=r"^prune\.0\.layers: 'fcc' matches no layer"):
        check_steps("resnet18", 10, 64, {"prune": (two_four("fcc"),)})
