"""Removing channels: what goes with them, and what must stay."""

import copy

import pytest
import torch
import torch_pruning as tp

from vitac_tui.errors import UserError
from vitac_tui.models.build import build
from vitac_tui.models.modes import is_channels_last
from vitac_tui.pruning.apply import Prunable


def widths(model):
    return {n: m.out_channels for n, m in model.named_modules() if isinstance(m, torch.nn.Conv2d)}


@pytest.mark.parametrize("amount", [0.25, 0.5])
def test_it_removes_what_torch_pruning_s_own_pruner_removes(prune, step, amount):
    torch.manual_seed(0)
    state = Prunable(build("resnet18", 10))
    reference = copy.deepcopy(state.model).eval()
    tp.pruner.BasePruner(
        reference,
        torch.zeros(1, 3, 32, 32),
        importance=tp.importance.GroupMagnitudeImportance(p=2),
        pruning_ratio=amount,
        round_to=8,
        ignored_layers=[reference.fc],  # type: ignore[list-item]
        in_channel_groups={},
        out_channel_groups={},
        num_heads={},
    ).step()
    prune(state, step.depgraph(amount=amount))
    ours, theirs = state.model.state_dict(), reference.state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_masks_go_through_exactly(prune, step):
    torch.manual_seed(0)
    state = Prunable(build("resnet18", 10))
    with torch.no_grad():
        state.model.fc.weight[state.model.fc.weight == 0] = 1e-3
    prune(
        state,
        step.structured(0.3, "fc"),
        step.by_layer(0.5, "layer2.*", "conv1"),
        step.depgraph(amount=0.5),
        step.depgraph(layer="layer1.0.conv1", channels=[0, 5]),
    )
    assert len(state.masks) == 7
    for name, mask in state.masks.items():
        assert torch.equal(mask, state.model.get_parameter(name) != 0)


def test_masks_tell_a_pruned_entry_from_a_weight_that_is_zero_by_itself(prune, step, small):
    prune(small, step.structured(0.5, "fc", dim=1))
    with torch.no_grad():
        small.model.fc.weight[0] = 0.0
    kept = small.masks["fc.weight"].clone()
    prune(small, step.depgraph(layer="layer4.1.conv2", channels=[3]))
    remaining = [i for i in range(kept.shape[1]) if i != 3]
    assert torch.equal(small.masks["fc.weight"], kept[:, remaining])


def test_the_network_keeps_modes_memory_format_and_frozen_layers(prune, step):
    model = build("resnet18", 10).to(memory_format=torch.channels_last)
    model.bn1.eval()
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    report = prune(Prunable(model), step.depgraph(amount=0.5))
    assert report.removed > 0.5
    assert model.training
    assert not model.bn1.training
    assert is_channels_last(model)
    assert {n for n, p in model.named_parameters() if p.requires_grad} == {"fc.weight", "fc.bias"}
    assert all(parameter.grad is None for parameter in model.parameters())


def test_class_outputs_always_stay(small, prune, step):
    prune(small, step.depgraph(amount=0.9, round_to=1))
    assert small.model.fc.out_features == 10
    with pytest.raises(UserError, match="'fc' is the classifier"):
        prune(small, step.depgraph(layer="fc", channels=[1]))


def test_protected_layers_keep_their_outputs(small, prune, step):
    before = widths(small.model)
    prune(small, step.depgraph(amount=0.5, round_to=1, protect=["layer1.*", "conv1"]))
    after = widths(small.model)
    assert all((after[n] == w) == n.startswith(("layer1", "conv1")) for n, w in before.items())


@pytest.mark.parametrize("scope", ["local", "global"])
def test_no_layer_dies_or_is_spared_at_a_high_amount(prune, step, scope):
    state = Prunable(build("resnet18", 10))
    prune(state, step.depgraph(amount=0.95, scope=scope))
    after = widths(state.model)
    assert min(after.values()) == 8
    assert all(width % 8 == 0 for width in after.values())
    assert after["conv1"] < 64


def test_grouped_convolutions_are_pruned_and_still_divide(prune, step, batches):
    state = Prunable(build("resnext50_32x4d", 10))
    prune(state, step.depgraph(amount=0.5))
    conv = state.model.layer1[0].conv2
    assert (conv.groups, conv.in_channels, conv.out_channels) == (32, 64, 64)
    prune(state, step.depgraph(amount=0.9), step.depgraph(amount=0.9))
    assert state.model.eval()(batches[0][0]).isfinite().all()


def test_channels_of_a_grouped_convolution_are_named_for_every_group(prune, step, batches):
    state = Prunable(build("resnext50_32x4d", 10))
    with pytest.raises(UserError, match="32 groups of 4 channels"):
        prune(state, step.depgraph(layer="layer1.0.conv2", channels=[1]))
    prune(state, step.depgraph(layer="layer1.0.conv2", channels=range(1, 128, 4)))
    assert state.model.layer1[0].conv2.out_channels == 96
    assert state.model.eval()(batches[0][0]).shape == (4, 10)


def test_several_steps_in_any_order_leave_a_network_that_trains(small, prune, step, batches):
    prune(
        small,
        step.depgraph(amount=0.3, round_to=2),
        step.unstructured(0.4),
        step.depgraph(layer="conv1", channels=[0]),
        step.structured(0.2, "fc"),
        step.depgraph(amount=0.2, scope="global", round_to=1),
    )
    images, labels = batches[0]
    torch.nn.functional.cross_entropy(small.model(images), labels).backward()
    assert all(parameter.grad is not None for parameter in small.model.parameters())


def test_an_amount_that_rounding_undoes_is_said(small, prune, step):
    prune(small, step.depgraph(amount=0.95))
    assert prune(small, step.depgraph(amount=0.5)).note == "removed nothing"


def test_errors_leave_the_network_unchanged(small, prune, step):
    before = widths(small.model)
    with pytest.raises(UserError, match="has no channel 99"):
        prune(small, step.depgraph(layer="conv1", channels=[1, 99]))
    with pytest.raises(UserError, match="would leave nothing"):
        prune(small, step.depgraph(layer="conv1", channels=range(before["conv1"])))
    assert widths(small.model) == before
    assert small.model.training
