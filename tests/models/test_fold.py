"""Folding batch-norm away changes no answer and nothing of the model."""

import copy

import pytest
import torch
from torch import nn

from vitac_tui.experiment.registries import ARCHITECTURES
from vitac_tui.models.build import build
from vitac_tui.models.fold import folded
from vitac_tui.models.modes import is_channels_last

LIGHT = [name for name in ARCHITECTURES if "101" not in name and "152" not in name]


def lively(arch: str) -> nn.Module:
    """A network whose statistics are not the neutral ones of a new one."""
    torch.manual_seed(0)
    model = build(arch, 5).to(memory_format=torch.channels_last)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return model


@pytest.mark.parametrize("arch", LIGHT)
def test_answers_are_the_same_and_no_norm_is_left(arch):
    model, images = lively(arch), torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        quick = folded(model)
        answers = quick(images), model.eval()(images)
    torch.testing.assert_close(*answers, rtol=1e-4, atol=1e-4)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in quick.modules())
    assert is_channels_last(quick)


def test_the_model_is_left_as_it_was():
    model = lively("resnet18").train()
    model.bn1.eval()
    before = copy.deepcopy(model)
    folded(model)
    assert [m.training for m in model.modules()] == [m.training for m in before.modules()]
    for one, other in zip(model.state_dict().values(), before.state_dict().values(), strict=True):
        assert torch.equal(one, other)
