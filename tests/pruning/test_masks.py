"""Masks: as torch finds them, beside a network that stays plain."""

import copy

import pytest
import torch
from torch.nn.utils import prune as torch_prune

from vitac_tui.errors import UserError
from vitac_tui.models.layers import prunable_layers
from vitac_tui.models.modes import is_channels_last


def test_figures_are_torch_s_own(small, prune, step):
    reference = copy.deepcopy(small.model)
    layers = [(layer, "weight") for layer in prunable_layers(reference).values()]
    torch_prune.global_unstructured(layers, torch_prune.L1Unstructured, amount=0.3)
    torch_prune.ln_structured(reference.conv1, "weight", amount=0.25, n=2, dim=1)
    prune(
        small, step.unstructured(0.3), step.structured(0.25, "conv1", n=2, dim=1), keep_masks=True
    )
    for name, layer in prunable_layers(reference).items():
        assert torch.equal(layer.weight, small.model.get_parameter(f"{name}.weight"))


def test_the_network_stays_plain(small, prune, step):
    before = {name: id(parameter) for name, parameter in small.model.named_parameters()}
    keys = list(small.model.state_dict())
    prune(small, step.unstructured(0.5), step.structured(0.5, "fc"), step.by_layer(0.1, "*"))
    # The same objects in the same order: an optimiser, and its saved state, stay valid.
    assert {n: id(p) for n, p in small.model.named_parameters()} == before
    assert list(small.model.named_parameters())[-2][0] == "fc.weight"
    assert list(small.model.state_dict()) == keys
    assert not any(module._forward_pre_hooks for module in small.model.modules())
    copy.deepcopy(small.model)


def test_masks_accumulate_in_both_modes(small, prune, step):
    for keep_masks in (False, True):
        state = copy.deepcopy(small)
        prune(state, step.structured(0.5, "fc"), step.by_layer(0.1, "fc"), keep_masks=keep_masks)
        fc = state.model.fc.weight
        assert torch.equal(state.masks["fc.weight"], fc != 0)
        expected = 0.5 if not keep_masks else 0.55
        assert (fc == 0).float().mean().item() == pytest.approx(expected, abs=0.01)


def test_a_smaller_amount_after_a_larger_one_removes_nothing_and_says_so(small, prune, step):
    report = prune(small, step.unstructured(0.5), step.unstructured(0.3))
    assert report.removed == report.of_left == 0
    assert report.note == "removed nothing"


def test_amounts_are_of_what_is_left_when_masks_are_kept(small, prune, step):
    report = prune(small, step.unstructured(0.5), step.unstructured(0.5), keep_masks=True)
    assert report.removed == pytest.approx(0.25, abs=1e-4)
    assert report.of_left == pytest.approx(0.5, abs=1e-4)


def test_layers_are_named_by_globs_and_pruned_one_by_one(small, prune, step):
    prune(small, step.by_layer(0.5, "layer1.*", "fc"))
    for name, layer in prunable_layers(small.model).items():
        share = (layer.weight == 0).float().mean().item()
        assert share == (0.5 if name.startswith(("layer1.", "fc")) else 0)


@pytest.mark.parametrize("dim", [0, 1])
def test_structured_zeroes_whole_slices_along_its_dimension(small, prune, step, dim):
    prune(small, step.structured(0.5, "fc", dim=dim))
    empty = (small.model.fc.weight == 0).all(dim=1 - dim)
    assert empty.sum() == round(0.5 * len(empty))
    assert (
        small.model.fc.weight.count_nonzero()
        == (~empty).sum() * small.model.fc.weight.shape[1 - dim]
    )


@pytest.mark.parametrize("method", ["unstructured", "by_layer"])
def test_random_masks_repeat_with_the_seed_and_leave_the_generator_alone(
    small, prune, step, method
):
    arguments = (0.3,) if method == "unstructured" else (0.3, "*")
    settings = getattr(step, method)(*arguments, importance="random")
    before = torch.get_rng_state()
    masks = []
    for seed in (1, 1, 2):
        state = copy.deepcopy(small)
        prune(state, settings, seed=seed)
        masks.append(state.masks["fc.weight"])
        torch.rand(3)  # others draw in between
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])
    torch.set_rng_state(before)
    prune(small, settings, seed=1)
    assert torch.equal(torch.get_rng_state(), before)


def test_numbers_that_are_no_numbers_become_zero_where_masked(small, prune, step):
    with torch.no_grad():
        small.model.fc.weight[0] = torch.nan
    small.masks["fc.weight"] = ~small.model.fc.weight.isnan()
    prune(small, step.by_layer(0.0, "fc"))
    assert small.model.fc.weight.isfinite().all()


@pytest.mark.parametrize("keep_masks", [False, True])
def test_channels_last_networks_are_pruned_alike(small, prune, step, keep_masks):
    last = copy.deepcopy(small)
    last.model.to(memory_format=torch.channels_last)
    steps = (
        step.structured(0.3, "layer1.*", n=2, dim=1),
        step.unstructured(0.4),
        step.depgraph(amount=0.3, round_to=1),
        step.by_layer(0.2, "*"),
        step.unstructured(0.2, importance="random"),
    )
    prune(small, *steps, keep_masks=keep_masks)
    prune(last, *steps, keep_masks=keep_masks)
    assert is_channels_last(last.model)
    for name, value in small.model.state_dict().items():
        assert torch.equal(value, last.model.state_dict()[name])


def test_a_name_that_matches_nothing_is_an_error(small, prune, step):
    with pytest.raises(UserError, match="'fcc' matches no layer"):
        prune(small, step.by_layer(0.5, "fcc"))
