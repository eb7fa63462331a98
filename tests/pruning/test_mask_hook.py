"""Pruned weights stay zero while a network recovers."""

import pytest
import torch

from vitac_tui.pruning.mask_hook import apply_masks, hold_masks


def zeros(state):
    return sum(int((state.model.get_parameter(n) == 0).sum()) for n in state.masks)


def train(state, optimizer, batches):
    for images, labels in batches:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(state.model(images), labels).backward()
        optimizer.step()


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW])
def test_held_masks_survive_every_optimiser(small, prune, step, batches, make):
    prune(small, step.unstructured(0.6))
    before = zeros(small)
    optimizer = make(small.model.parameters(), lr=1e-2, weight_decay=1e-2)
    handle = hold_masks(optimizer, small)
    train(small, optimizer, batches)
    assert zeros(small) == before
    handle.remove()
    train(small, optimizer, batches)
    assert zeros(small) < before  # which is why they must be held


def test_masks_are_held_through_channel_pruning(small, prune, step, batches):
    prune(small, step.unstructured(0.6), step.depgraph(amount=0.5, round_to=1))
    masked = sum(int((~mask).sum()) for mask in small.masks.values())
    optimizer = torch.optim.SGD(small.model.parameters(), lr=1e-2)
    hold_masks(optimizer, small)
    train(small, optimizer, batches)
    assert zeros(small) == masked


def test_masks_can_be_applied_at_once(small, prune, step):
    prune(small, step.unstructured(0.6))
    with torch.no_grad():
        for parameter in small.model.parameters():
            parameter.fill_(torch.inf)
    apply_masks(small)
    for name, mask in small.masks.items():
        assert torch.equal(small.model.get_parameter(name) != 0, mask)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float64])
def test_what_stays_is_left_as_it_is_and_what_goes_is_zero_whatever_it_was(
    small, prune, step, kind
):
    prune(small, step.unstructured(0.6))
    small.model.to(kind)
    strange = torch.tensor([torch.nan, -torch.inf, -0.0, -1.5, torch.finfo(kind).tiny], dtype=kind)
    before = {}
    with torch.no_grad():
        for name, mask in small.masks.items():
            values = strange.repeat(mask.numel() // 5 + 1)[: mask.numel()].view(mask.shape)
            small.model.get_parameter(name).copy_(values)
            before[name] = values
    apply_masks(small)
    for name, mask in small.masks.items():
        now = small.model.get_parameter(name)
        torch.testing.assert_close(now[mask], before[name][mask], rtol=0, atol=0, equal_nan=True)
        assert torch.equal(now[~mask], torch.zeros_like(now[~mask]))
        assert not now[~mask].signbit().any()
