"""Model cost and latency."""

import pytest
import safetensors.torch
import torch

from vitac_tui.evaluation import cost as cost_module
from vitac_tui.evaluation.cost import cost, unpruned_cost
from vitac_tui.evaluation.latency import latency
from vitac_tui.models.build import build


def test_resnet18_costs_what_is_published():
    found = cost(build("resnet18", 1000), 224)
    assert found.parameters == 11_689_512
    assert round(found.macs / 1e9, 4) == 1.8222
    assert found.bytes == pytest.approx(4 * found.parameters, rel=0.01)


def test_valid_weights_count_non_zero_entries_of_weights_and_not_of_biases():
    model = build("resnet18", 10)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1.0)
        model.bn1.weight[:3] = 0.0  # gammas count
        model.bn1.bias[:5] = 0.0  # biases do not
        model.fc.weight[0] = 0.0
    found = cost(model, 32)
    biases = sum(p.numel() for name, p in model.named_parameters() if name.endswith("bias"))
    assert found.valid_weights == found.parameters - biases - 3 - 512
    assert found.nonzero == found.parameters - 3 - 5 - 512


def test_the_model_is_left_as_it_was():
    model = build("resnet18", 10).to(memory_format=torch.channels_last)
    model.bn1.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    cost(model, 32)
    assert model.training
    assert not model.bn1.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(part._forward_hooks for part in model.modules())


def test_masking_does_not_count_operations_again(monkeypatch):
    model = build("resnet18", 10)
    dense = cost(model, 48)
    monkeypatch.setattr(cost_module, "count_ops_and_params", None)  # a call would raise
    with torch.no_grad():
        model.fc.weight.zero_()
    masked = cost(model, 48)
    assert masked.macs == dense.macs
    assert masked.nonzero < dense.nonzero
    with pytest.raises(TypeError):
        cost(model, 64)


def test_nothing_as_large_as_the_model_is_made_to_count_it(monkeypatch):
    model, copied, clone = build("resnet18", 10), [], torch.Tensor.clone

    def seen(tensor, **how):
        copied.append(tensor.device.type)
        return clone(tensor, **how)

    monkeypatch.setattr(torch.Tensor, "clone", seen)
    monkeypatch.setattr(safetensors.torch, "save", None)
    assert cost(model, 40).bytes > 4 * 11_000_000
    assert "cpu" not in copied


def test_a_stride_that_no_weight_shows_is_counted_apart():
    model, other = build("resnet18", 10), build("resnet18", 10)
    other.conv1.stride = (1, 1)  # type: ignore[assignment, method-assign]
    assert cost(model, 32).macs < cost(other, 32).macs


def test_latency_repeats_for_the_time_given_and_says_what_it_timed():
    model = build("resnet18", 10)
    timed = latency(model, 32, 2, device="cpu", dtype="fp32", seconds=0.0)
    assert timed.n == 1  # at least one, even without time
    assert (timed.device, timed.runtime, timed.dtype, timed.batch) == ("cpu", "torch", "fp32", 2)
    assert 0 < timed.median_ms <= timed.p95_ms
    assert timed.threads == torch.get_num_threads()
    assert model.training
    longer = latency(torch.nn.Conv2d(3, 1, 1), 4, 1, device="cpu", dtype="bf16", seconds=5.0)
    assert longer.n == 200


@pytest.mark.parametrize("arch", ["resnet18", "resnext50_32x4d"])
def test_an_unpruned_network_is_counted_without_drawing_its_weights(arch):
    model = build(arch, 7)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.5)  # as trained: no zeros
    before = torch.get_rng_state()
    assert unpruned_cost(arch, 7, 48) == cost(model, 48)
    assert torch.equal(torch.get_rng_state(), before)
