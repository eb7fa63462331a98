"""Which channels go, of layers that are ranked together."""

import pytest
import torch

from vitac_tui.pruning.ranking import Candidate, least_important


@pytest.mark.parametrize("size", [64, 128, 256, 512])
def test_under_global_ranking_a_layer_keeps_a_tenth_also_when_rounded(size: int) -> None:
    weak, strong = torch.rand(size) / 100, 1 + torch.rand(size)
    found = [Candidate(name, print, 1, one) for name, one in (("weak", weak), ("strong", strong))]
    removals = least_important(found, 0.5, scope="global", round_to=8)
    left = {removal.layer: size - len(removal.channels) for removal in removals}
    assert left["weak"] >= size / 10
    assert left["weak"] % 8 == 0
    assert left["weak"] - 8 < size / 10
