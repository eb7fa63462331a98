"""Networks are built by name, and know what they consist of."""

import pytest
import torch
from torch import nn

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import matching
from vitac_tui.experiment.registries import ARCHITECTURES, Entry
from vitac_tui.models import torchvision_resnets
from vitac_tui.models.build import build, build_meta, classifier_name, layer_table
from vitac_tui.models.layers import prunable_layers
from vitac_tui.models.modes import eval_mode, is_channels_last


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_architecture_can_be_built_without_memory(arch):
    model = build_meta(arch, 7)
    assert model(torch.empty(2, 3, 64, 64, device="meta")).shape == (2, 7)
    assert classifier_name(model) == "fc"


def test_an_unknown_architecture_names_a_near_one():
    wanted = r"unknown architecture 'resnet19' \(did you mean 'resnet18'"
    with pytest.raises(UserError, match=wanted):
        build("resnet19", 10)


def test_the_seed_decides_the_weights():
    torch.manual_seed(3)
    first = build("resnet18", 10)
    torch.manual_seed(3)
    second = build("resnet18", 10)
    assert torch.equal(first.conv1.weight, second.conv1.weight)


def test_the_layer_table_lists_what_holds_weights_and_accounts_for_every_parameter():
    model = build_meta("resnet18", 1000)
    table = layer_table(model)
    assert [layer.name for layer in table][:3] == ["conv1", "bn1", "layer1.0.conv1"]
    assert table[-1].kind == "linear"
    assert table[-1].weight_shape == (1000, 512)
    assert table[-1].parameters == 513_000
    assert sum(layer.parameters for layer in table) == 11_689_512


def test_prunable_layers_are_convolutions_and_linear_layers():
    layers = prunable_layers(build_meta("resnet18", 1000))
    assert len(layers) == 21
    assert sum(layer.weight.numel() for layer in layers.values()) == 11_678_912


def test_globs_choose_names_in_network_order():
    names = ["conv1", "layer1.0.conv1", "fc"]
    assert matching(["fc", "*conv1"], names) == ["conv1", "layer1.0.conv1", "fc"]
    assert matching(["conv1"], names) == ["conv1"]


def test_eval_mode_gives_every_module_its_own_mode_back():
    model = build_meta("resnet18", 2)
    model.bn1.eval()  # a frozen layer in a network that trains
    with eval_mode(model):
        assert not any(module.training for module in model.modules())
    assert model.training
    assert not model.bn1.training


def test_the_memory_format_is_told_by_the_weights():
    model = build("resnet18", 2)
    assert not is_channels_last(model)
    assert is_channels_last(model.to(memory_format=torch.channels_last))


class Headless(nn.Sequential):
    """A network without a linear layer."""

    def __init__(self, arch: str, num_classes: int) -> None:
        super().__init__(nn.Conv2d(3, num_classes, 1))


@pytest.mark.parametrize(
    "build_it, why",
    [
        (Headless, "a network without a linear layer that could be its classifier"),
        (lambda arch, num_classes: nn.Linear(3, num_classes), "a network without a convolution"),
        (lambda arch, num_classes: "network", "a str, not a network"),
        (lambda: None, r"cannot build 'own' \(TypeError"),
    ],
)
def test_a_network_that_cannot_be_pruned_is_refused(monkeypatch, build_it, why):
    monkeypatch.setattr(torchvision_resnets, "own", build_it, raising=False)
    own = Entry("vitac_tui.models.torchvision_resnets:own", "")
    monkeypatch.setattr("vitac_tui.models.build.ARCHITECTURES", {"own": own})
    with pytest.raises(UserError, match=f"model.arch: .*:own .*{why}"):
        build("own", 3)
