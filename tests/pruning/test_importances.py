"""Every criterion ranks channels, repeatably, and leaves nothing behind."""

import copy

import pytest
import torch

from vitac_tui.errors import UserError
from vitac_tui.experiment.registries import CHANNEL_IMPORTANCES
from vitac_tui.runs.interrupt import Interrupted, Interrupter, Interruption


@pytest.mark.parametrize("importance", CHANNEL_IMPORTANCES)
@pytest.mark.parametrize("scope", ["local", "global"])
def test_every_criterion_prunes_and_repeats(small, prune, step, batches, importance, scope):
    settings = step.depgraph(amount=0.5, importance=importance, scope=scope, round_to=2)
    first, second = copy.deepcopy(small), copy.deepcopy(small)
    report = prune(first, settings, batches=batches)
    torch.rand(5)
    prune(second, settings, batches=batches)
    assert report.removed > 0.3
    assert all(
        torch.equal(a, b)
        for a, b in zip(first.model.parameters(), second.model.parameters(), strict=True)
    )
    assert all(parameter.grad is None for parameter in first.model.parameters())


def test_the_norm_of_magnitude_matters(small, prune, step):
    states = [copy.deepcopy(small) for _ in (1, 2)]
    with torch.no_grad():
        for state in states:  # one large entry against many small ones
            state.model.layer1[0].conv1.weight[0].zero_()[0, 0, 0] = 1.0
    for norm, state in zip((1, 2), states, strict=True):
        prune(state, step.depgraph(amount=0.5, norm=norm, round_to=1))
    first, second = (state.model.layer1[0].conv1.weight for state in states)
    assert not torch.equal(first, second)


def test_random_follows_the_seed_and_leaves_the_generator_alone(small, prune, step):
    settings = step.depgraph(amount=0.5, importance="random", round_to=1)
    before = torch.get_rng_state()
    results = []
    for seed in (1, 1, 2):
        state = copy.deepcopy(small)
        prune(state, settings, seed=seed)
        results.append(state.model.conv1.weight)
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])
    assert torch.equal(torch.get_rng_state(), before)


def test_bn_scale_removes_the_smallest_scales(small, prune, step):
    scales = torch.linspace(0.1, 1.0, small.model.layer1[0].bn1.num_features)
    with torch.no_grad():
        small.model.layer1[0].bn1.weight.copy_(scales)
    prune(small, step.depgraph(amount=0.5, importance="bn_scale", round_to=1))
    assert torch.equal(small.model.layer1[0].bn1.weight, scales[len(scales) // 2 :])


def test_fpgm_removes_filters_that_others_resemble(small, prune, step):
    conv = small.model.layer1[0].conv1
    alike = range(len(conv.weight) // 2)
    with torch.no_grad():
        conv.weight.normal_(std=0.1, generator=torch.Generator().manual_seed(0))
        far = conv.weight[len(alike) :].clone()
        conv.weight[: len(alike)] = 10 + conv.weight[0]  # of the largest norm
        conv.weight[: len(alike)] += 0.001 * torch.arange(float(len(alike))).view(-1, 1, 1, 1)
        conv.weight[len(alike) :] *= 60  # far from each other
    prune(small, step.depgraph(amount=0.5, importance="fpgm", round_to=1, protect=["conv1"]))
    left = small.model.layer1[0].conv1.weight
    assert torch.equal(left, 60 * far[:, : left.shape[1]])


def test_taylor_keeps_batch_norm_statistics(small, prune, step, batches):
    mean = small.model.bn1.running_mean.clone()
    prune(small, step.depgraph(amount=0.5, importance="taylor", protect=["conv1"]), batches=batches)
    assert set(small.model.bn1.running_mean.tolist()) <= set(mean.tolist())


@pytest.mark.parametrize("none", [None, []])
def test_taylor_without_images_is_an_error(small, prune, step, none):
    with pytest.raises(UserError, match=r"importance: taylor .*training images"):
        prune(small, step.depgraph(amount=0.5, importance="taylor"), batches=none)


def test_taylor_can_be_interrupted_and_then_nothing_is_removed(small, step, batches):
    from vitac_tui.pruning.apply import apply_step

    interrupter = Interrupter()
    interrupter.interrupt(Interruption("asked to"))
    shape = small.model.conv1.weight.shape
    with pytest.raises(Interrupted):
        apply_step(
            small, step.depgraph(amount=0.5, importance="taylor"), keep_masks=False, image_size=32,
            seed=0, batches=lambda: batches, device="cpu", interrupter=interrupter,
        )  # fmt: skip
    assert small.model.conv1.weight.shape == shape
    assert small.model.training


def test_a_layer_masked_to_nothing_can_still_be_ranked(small, prune, step):
    prune(small, step.structured(0.99, "layer1.0.conv1"))
    for importance in ("magnitude", "lamp"):
        state = copy.deepcopy(small)
        with torch.no_grad():
            for name in ("conv1", "bn1", "conv2"):
                getattr(state.model.layer1[0], name).weight.zero_()
        assert prune(state, step.depgraph(amount=0.5, importance=importance)).removed > 0
