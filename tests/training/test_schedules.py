"""The learning rate and the momentum that go with each step."""

import pytest
import torch
from torch import nn

from vitac_tui.training.schedules import onecycle


def momenta(optimizer: torch.optim.Optimizer, steps: int = 20) -> set[float]:
    """Those of a whole training."""
    schedule = onecycle(optimizer, 0.1, steps)
    seen = set()
    for _ in range(steps):
        group = optimizer.param_groups[0]
        seen.add(group["momentum"] if "momentum" in group else group["betas"][0])
        optimizer.step()
        schedule.step()
    return seen


@pytest.mark.parametrize(
    "given, low, high",
    [(0.9, 0.85, 0.95), (0.5, 0.45, 0.55), (0.0, 0.0, 0.0), (0.99, 0.985, 0.995)],
)
def test_momentum_is_cycled_around_what_was_asked_for(given: float, low: float, high: float):
    seen = momenta(torch.optim.SGD(nn.Linear(2, 2).parameters(), 0.1, momentum=given))
    assert (min(seen), max(seen)) == (low, high)


def test_the_first_beta_of_adam_is_cycled_as_torch_does():
    seen = momenta(torch.optim.Adam(nn.Linear(2, 2).parameters(), 0.1))
    assert (min(seen), max(seen)) == (0.85, 0.95)
