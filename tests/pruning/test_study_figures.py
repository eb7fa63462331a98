"""The figures of the reference study, and the published one of torch-pruning, come out exactly."""

import pytest

from vitac_tui.evaluation.cost import cost


def valid_weights(state):
    return cost(state.model, 32).valid_weights


def test_dense(study):
    assert valid_weights(study) == 11_683_712


@pytest.mark.parametrize("amount, kept", [(0.4, 7_012_147), (0.5, 5_844_256)])
def test_global_unstructured(study, prune, step, amount, kept):
    report = prune(study, step.unstructured(amount))
    assert valid_weights(study) == kept
    assert report.removed == report.of_left == pytest.approx(amount, abs=1e-7)
    assert report.requested == amount


def test_structured_on_the_classifier(study, prune, step):
    prune(study, step.structured(0.8, "fc", n=1, dim=0))
    assert valid_weights(study) == 11_274_112


def test_three_channels_of_the_first_convolution(study, prune, step):
    report = prune(study, step.depgraph(layer="conv1", channels=[2, 6, 9]))
    assert valid_weights(study) == 11_672_510
    assert report.requested == [2, 6, 9]
    assert report.detail == "3 channels of conv1 removed; parameters 11,689,512 -> 11,678,301"


@pytest.mark.parametrize("keep_masks, kept", [(False, 7_012_147), (True, 6_950_707)])
def test_composition_permanent_and_with_masks_kept(study, prune, step, keep_masks, kept):
    steps = step.structured(0.2, "fc", n=1, dim=0), step.unstructured(0.4)
    prune(study, *steps, keep_masks=keep_masks)
    assert valid_weights(study) == kept


def test_half_of_the_channels(study, prune, step):
    report = prune(study, step.depgraph(amount=0.5, norm=2, scope="local", round_to=8))
    figures = cost(study.model, 224)
    assert figures.parameters == 3_055_880
    assert round(figures.macs / 1e9, 4) == 0.4872
    assert report.removed == pytest.approx(0.7388, abs=1e-4)
