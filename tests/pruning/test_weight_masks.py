"""Single weights: the number is exact, and the choice is torch's wherever scores differ."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import prune

from vitac_tui.pruning.weight_masks import kth_smallest, magnitude, random, without_smallest

SHAPES = ((4, 3, 3, 3), (6, 4, 1, 1), (5, 6))
scores = st.lists(st.integers(0, 4), min_size=1, max_size=40)  # few values: many are equal


@given(st.lists(scores, min_size=1, max_size=4), st.floats(0, 1), st.randoms())
def test_the_number_is_exact_and_no_kept_score_is_below_a_gone_one(parts, amount, chance):
    layers = [torch.tensor(part, dtype=torch.float32) for part in parts]
    alive = [torch.tensor([chance.random() < 0.7 for _ in part]) for part in parts]
    kept = without_smallest(layers, alive, amount)
    for mask, before in zip(kept, alive, strict=True):
        assert not (mask & ~before).any()
    ranked = int(sum(mask.sum() for mask in alive))
    assert sum(int(mask.sum()) for mask in kept) == ranked - round(amount * ranked)
    stay = torch.cat([s[m] for s, m in zip(layers, kept, strict=True)])
    gone = torch.cat([s[a & ~m] for s, a, m in zip(layers, alive, kept, strict=True)])
    assert not len(stay) or not len(gone) or gone.max() <= stay.min()


@pytest.mark.parametrize("amount", [0.0, 0.1, 0.35, 0.9, 0.999, 1.0])
@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "channels-last"])
def test_the_masks_are_those_of_torch(amount, last):
    layers = [nn.Module() for _ in SHAPES]
    generator = torch.Generator().manual_seed(3)
    for layer, shape in zip(layers, SHAPES, strict=True):
        layer.weight = nn.Parameter(torch.randn(shape, generator=generator))
    weights = [layer.weight.detach().clone() for layer in layers]
    prune.global_unstructured([(x, "weight") for x in layers], prune.L1Unstructured, amount=amount)
    if last:
        weights = [
            w.contiguous(memory_format=torch.channels_last) if w.dim() == 4 else w for w in weights
        ]
    kept = without_smallest([magnitude(w) for w in weights], [None] * len(weights), amount)
    for layer, mask in zip(layers, kept, strict=True):
        assert torch.equal(layer.weight_mask.bool(), mask)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 20_000),
    st.sampled_from(["normal", "few", "misleading", "infinite"]),
    st.floats(0, 1),
)
def test_the_threshold_is_that_of_all_scores_whatever_a_sample_of_them_says(
    seed, count, kind, amount
):
    rng = np.random.default_rng(seed)
    values = np.abs(rng.normal(size=count)).astype(np.float32)
    if kind == "few":
        values = np.round(values)
    elif kind == "misleading":  # every score that a sample could hold is the largest
        values[::601] = 9.0
    elif kind == "infinite":
        values[rng.random(count) < 0.5] = np.inf
    k = 1 + int(amount * (count - 1))
    assert kth_smallest(torch.from_numpy(values), k) == np.sort(values)[k - 1]


def test_of_equal_scores_the_first_in_the_network_s_order_go():
    kept = without_smallest([torch.ones(3), torch.ones(3)], [None, None], 2 / 3)
    assert [mask.tolist() for mask in kept] == [[False] * 3, [False, True, True]]


def test_a_nan_counts_as_large():
    score = magnitude(torch.tensor([torch.nan, 1.0, -torch.inf, 2.0]))
    (kept,) = without_smallest([score], [None], 0.5)
    assert kept.tolist() == [True, False, True, False]


def test_random_draws_do_not_depend_on_the_memory_format():
    weight = torch.zeros(4, 3, 2, 2)
    drawn = []
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(0)
        drawn.append(random(weight.contiguous(memory_format=layout)))
    assert torch.equal(*drawn)
