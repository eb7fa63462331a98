"""Networks to prune and a short way to prune them."""

import copy

import pytest
import torch

from vitac_tui.experiment.prune import DepGraph, GlobalUnstructured, LayerUnstructured, LnStructured
from vitac_tui.models.build import build
from vitac_tui.pruning.apply import Prunable, apply_step

SIZE = 32  # pixels


@pytest.fixture(scope="session")
def _study():
    torch.manual_seed(0)
    model = build("resnet18", 1000)
    with torch.no_grad():  # half of all fresh networks hold an exact zero or two
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter[parameter == 0] = 1e-3
    return model


@pytest.fixture
def study(_study):
    """The study's network: ResNet18 with 1000 outputs, untrained, no weight exactly zero."""
    return Prunable(copy.deepcopy(_study))


@pytest.fixture(scope="session")
def _small():
    torch.manual_seed(0)
    state = Prunable(build("resnet18", 10))
    prune(state, depgraph(amount=0.7))
    return state.model


@pytest.fixture
def small(_small):
    """ResNet18 with ten outputs, already narrow, so that tests are quick."""
    return Prunable(copy.deepcopy(_small))


@pytest.fixture(scope="session")
def batches():
    """Three batches of four random images."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(12, 3, SIZE, SIZE, generator=generator)
    labels = torch.arange(12) % 10
    return list(zip(images.split(4), labels.split(4), strict=True))


def prune(state, *steps, keep_masks=False, seed=0, batches=None):
    """Apply steps and give the last report."""
    for step in steps:
        report = apply_step(
            state, step, keep_masks=keep_masks, image_size=SIZE, seed=seed, device="cpu",
            batches=None if batches is None else lambda: batches,
        )  # fmt: skip
    return report


@pytest.fixture(name="prune")
def _prune():
    return prune


def unstructured(amount, **more):
    return GlobalUnstructured(method="global_unstructured", amount=amount, **more)


def by_layer(amount, *layers, **more):
    return LayerUnstructured(method="layer_unstructured", layers=layers, amount=amount, **more)


def structured(amount, *layers, **more):
    return LnStructured(method="ln_structured", layers=layers, amount=amount, **more)


def depgraph(**settings):
    return DepGraph(method="depgraph", **settings)


@pytest.fixture
def step():
    """Short names for the settings of steps."""

    class Steps:
        pass

    for function in (unstructured, by_layer, structured, depgraph):
        setattr(Steps, function.__name__, staticmethod(function))
    return Steps
