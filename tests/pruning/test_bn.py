"""Re-estimating batch-norm statistics touches nothing else."""

import pytest
import torch

from vitac_tui.pruning.bn import recalibrate
from vitac_tui.runs.interrupt import Interrupted, Interrupter, Interruption


def snapshot(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_only_batch_norm_buffers_change_and_modes_and_momenta_return(small, batches):
    small.model.layer1.eval()
    small.model.bn1.momentum = 0.3
    before = snapshot(small.model)
    modes = [module.training for module in small.model.modules()]
    used = recalibrate(small.model, batches, 2, device="cpu", precision="fp32")
    assert used == 2
    changed = {n for n, v in small.model.state_dict().items() if not torch.equal(v, before[n])}
    buffers = {name for name, _ in small.model.named_buffers()}
    assert changed == buffers
    assert [module.training for module in small.model.modules()] == modes
    assert small.model.bn1.momentum == 0.3
    assert all(parameter.grad is None for parameter in small.model.parameters())


def test_statistics_are_the_plain_average_over_the_batches(small, batches):
    recalibrate(small.model, batches, 30, device="cpu", precision="fp32")
    with torch.no_grad():
        outputs = [small.model.conv1(images) for images, _ in batches]
    mean = torch.stack([out.mean(dim=(0, 2, 3)) for out in outputs]).mean(dim=0)
    var = torch.stack([out.var(dim=(0, 2, 3)) for out in outputs]).mean(dim=0)
    assert torch.allclose(small.model.bn1.running_mean, mean, atol=1e-6)
    assert torch.allclose(small.model.bn1.running_var, var, rtol=1e-5)


def test_without_usable_batches_the_statistics_stay(small, batches):
    before = snapshot(small.model)
    single = [(images[:1], labels[:1]) for images, labels in batches]
    assert recalibrate(small.model, single, 5, device="cpu", precision="fp32") == 0
    assert recalibrate(small.model, batches, 0, device="cpu", precision="fp32") == 0
    assert all(torch.equal(v, before[n]) for n, v in small.model.state_dict().items())


def test_progress_and_interruption(small, batches):
    interrupter, seen = Interrupter(), []

    def progress(done, total):
        seen.append((done, total))
        interrupter.interrupt(Interruption("asked to"))

    with pytest.raises(Interrupted):
        recalibrate(
            small.model, batches, 3, device="cpu", precision="bf16", interrupter=interrupter,
            progress=progress,
        )  # fmt: skip
    assert seen == [(1, 3)]
    assert small.model.training
    assert small.model.bn1.momentum == 0.1
