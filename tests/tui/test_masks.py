"""Counts of kept weights from the layer table, compared with real pruning."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from vitac_tui.experiment.prune import GlobalUnstructured, LayerUnstructured, LnStructured, Step
from vitac_tui.models.layers import layer_table
from vitac_tui.pruning.apply import Prunable, apply_step
from vitac_tui.tui.reading.masks import Layer, kept, prunable


def network() -> nn.Module:
    """Return a network with odd sizes, to test rounding, and a batch-norm, which no step prunes."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Conv2d(5, 7, 1, bias=False), nn.Linear(7, 3)
    )


LAYERS = tuple(
    Layer(layer.name, layer.kind, layer.weight_shape, layer.parameters)
    for layer in layer_table(network())
)
amounts = st.integers(0, 99).map(lambda hundredths: hundredths / 100)
layers = st.sampled_from([("0",), ("2",), ("3",), ("*",), ("0", "3")])
importances = st.sampled_from(["l1", "random"])
singly = st.builds(
    GlobalUnstructured,
    method=st.just("global_unstructured"),
    amount=amounts,
    importance=importances,
)
in_layers = st.builds(
    LayerUnstructured,
    method=st.just("layer_unstructured"),
    layers=layers,
    amount=amounts,
    importance=importances,
)
in_slices = st.builds(
    LnStructured,
    method=st.just("ln_structured"),
    layers=layers,
    amount=amounts,
    dim=st.integers(0, 1),
)
steps = st.lists(st.one_of(singly, in_layers, in_slices), max_size=4)


def count_kept(applied: list[Step], keep_masks: bool, zeros: int = 0) -> int:
    model = network()
    with torch.no_grad():
        model[3].weight.view(-1)[:zeros] = 0
    state = Prunable(model)
    for step in applied:
        apply_step(
            state, step, keep_masks=keep_masks, image_size=8, seed=0, batches=None, device="cpu"
        )
    return sum(
        int(parameter.count_nonzero())
        for name, parameter in state.model.named_parameters()
        if name.endswith("weight")
    )


@settings(max_examples=150, deadline=None)
@given(applied=steps, keep_masks=st.booleans())
def test_the_real_count_is_within_the_range(applied: list[Step], keep_masks: bool) -> None:
    found = kept(LAYERS, applied, keep_masks=keep_masks)
    assert found is not None
    least, most = found
    assert least <= count_kept(applied, keep_masks) <= most


@settings(max_examples=50, deadline=None)
@given(applied=steps, keep_masks=st.booleans(), zeros=st.integers(1, 21))
def test_zeros_of_the_dense_model_widen_the_range(
    applied: list[Step], keep_masks: bool, zeros: int
) -> None:
    found = kept(LAYERS, applied, keep_masks=keep_masks, zeros=zeros)
    assert found is not None
    least, most = found
    assert least <= count_kept(applied, keep_masks, zeros) <= most


EXACT = [
    [GlobalUnstructured(method="global_unstructured", amount=0.37)],
    [GlobalUnstructured(method="global_unstructured", amount=0.37, importance="random")],
    [LayerUnstructured(method="layer_unstructured", layers=("2", "3"), amount=0.5)],
    [LnStructured(method="ln_structured", layers=("3",), amount=0.5)],
    [  # composition B of the reference study
        LnStructured(method="ln_structured", layers=("3",), amount=0.34),
        GlobalUnstructured(method="global_unstructured", amount=0.4),
    ],
    [
        GlobalUnstructured(method="global_unstructured", amount=0.4),
        GlobalUnstructured(method="global_unstructured", amount=0.4),
    ],
    [  # rows, then columns of the same weight
        LnStructured(method="ln_structured", layers=("0",), amount=0.4),
        LnStructured(method="ln_structured", layers=("0",), amount=0.34, dim=1),
        LayerUnstructured(method="layer_unstructured", layers=("0",), amount=0.9),
    ],
]


@pytest.mark.parametrize("keep_masks", [False, True])
@pytest.mark.parametrize("applied", EXACT)
def test_counts_of_common_lists_are_exact(applied: list[Step], keep_masks: bool) -> None:
    count = count_kept(applied, keep_masks)
    assert kept(LAYERS, applied, keep_masks=keep_masks) == (count, count)


def test_slices_after_single_weights_give_a_range() -> None:
    single = GlobalUnstructured(method="global_unstructured", amount=0.4)
    slices = LnStructured(method="ln_structured", layers=("3",), amount=0.8)
    found = kept(LAYERS, [single, slices], keep_masks=False)
    assert found is not None
    assert found[0] < found[1]


def test_only_convolutions_and_linear_layers_are_ranked() -> None:
    assert prunable(LAYERS) == ["0", "2", "3"]
