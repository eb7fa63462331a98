"""Cached features are reused only for identical layers, and give identical results."""

import copy

import pytest
import torch
from torch import nn

from vitac_tui.evaluation import features as module
from vitac_tui.evaluation.features import Features, captured
from vitac_tui.models.build import build


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build("resnet18", 5).eval()


@torch.inference_mode()
def passed(model, count=6):
    """Return the classifier inputs in batches of four, and the logits."""
    images = torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with captured(model) as batches:
        answers = [model(batch) for batch in images.split(4)]
    return batches, answers


def test_the_classifier_on_cached_features_gives_the_logits_of_the_whole_network(model):
    features = Features()
    features.keep(model, "val", passed(model)[0])
    with torch.no_grad():
        model.fc.weight[2:] = 0
    known = features.find(model, "val")
    _, answers = passed(model)
    assert [len(batch) for batch in known] == [4, 2]
    with torch.inference_mode():
        for batch, answer in zip(known, answers, strict=True):
            assert torch.equal(model.fc(batch), answer)


@pytest.mark.parametrize("change", ["weight", "statistics", "shape", "split"])
def test_a_changed_network_or_another_split_is_not_found(model, change):
    features = Features()
    features.keep(model, "val", passed(model)[0])
    with torch.no_grad():
        if change == "weight":
            model.layer1[0].conv1.weight[0, 0, 0, 0] += 1e-6
        if change == "statistics":
            model.bn1.running_var[3] *= 2
        if change == "shape":
            model.conv1 = nn.Conv2d(3, 32, 7)
    assert features.find(model, "test" if change == "split" else "val") is None


def test_the_two_networks_used_last_are_remembered(model):
    features, models = Features(), [copy.deepcopy(model) for _ in range(3)]
    for number, one in enumerate(models):
        with torch.no_grad():
            one.conv1.weight[0, 0, 0, 0] = number
    batches = passed(model)[0]
    features.keep(models[0], "val", batches)
    features.keep(models[1], "val", batches)
    assert features.find(models[0], "val") is batches  # now more recently used than the second
    features.keep(models[2], "val", batches)
    assert [features.find(one, "val") is not None for one in models] == [True, False, True]


def test_the_held_network_is_never_evicted(model):
    features, models = Features(), [copy.deepcopy(model) for _ in range(4)]
    batches = passed(model)[0]
    for number, one in enumerate(models):
        with torch.no_grad():
            one.conv1.weight[0, 0, 0, 0] = number
        features.keep(one, "val", batches)
        if number == 0:
            features.hold(one, "val")
    known = [features.find(one, "val") is not None for one in models]
    assert known == [True, False, True, True]
    features.hold(models[1], "val")  # which is not cached
    assert features.find(models[0], "val") is None


def test_features_that_take_much_memory_are_not_kept(model, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 5 * 512 * 4)
    batches, answers = passed(model)
    assert batches == []
    assert len(answers) == 2
    features = Features()
    features.keep(model, "val", batches)
    assert features.find(model, "val") is None
