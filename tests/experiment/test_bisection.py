"""The amounts that bisection adds to a sweep, and how many of them there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitac_tui.experiment.bisection import APART, FINEST, between, bracket, halving, most_added
from vitac_tui.experiment.prune import Sweep

HUNDREDTHS = st.integers(0, 99).map(lambda number: number / 100)
SWEEPS = st.lists(HUNDREDTHS | st.floats(0, 0.999), min_size=1, max_size=6, unique_by=str)
TOLERANCES = st.sampled_from([0.0001, 0.001, 0.01, 0.05, 0.1]) | st.floats(FINEST, 0.5)


def searched(
    amounts: Sequence[float], refine: float, keeps: Callable[[float], bool]
) -> dict[float, bool]:
    """What a search scores, and whether each keeps within; 0 is the dense model, which does."""
    within = {amount: keeps(amount) for amount in amounts}
    while ends := bracket({0.0: True, **within}):
        added = halving(*ends, refine)
        if added is None:
            break
        assert added not in within
        within[added] = keeps(added)
    return within


@given(SWEEPS, TOLERANCES, st.floats(0, 1))
def test_on_a_falling_curve_the_largest_amount_is_found_to_within_the_tolerance(
    amounts: list[float], refine: float, crossing: float
) -> None:
    within = searched(amounts, refine, lambda amount: amount <= crossing)
    best = max((amount for amount, keeps in within.items() if keeps), default=0.0)
    if best < max(amounts):
        assert best <= crossing < best + refine + 2 * APART
    assert len(within) <= len(amounts) + most_added(amounts, refine)


@given(st.lists(HUNDREDTHS, min_size=1, max_size=6, unique=True), st.integers(0, 100))
def test_it_is_the_one_that_a_sweep_in_such_steps_finds(amounts: list[float], last: int) -> None:
    within = searched(amounts, 0.01, lambda amount: round(100 * amount) <= last)
    grid = [
        number / 100 for number in range(100) if number <= last and number / 100 <= max(amounts)
    ]
    assert max((amount for amount, keeps in within.items() if keeps), default=0.0) == grid[-1]


@given(SWEEPS, TOLERANCES, st.randoms(use_true_random=False))
def test_on_any_curve_it_ends_at_a_crossing(amounts: list[float], refine: float, drawn) -> None:
    within = searched(amounts, refine, lambda _: drawn.random() < 0.5)
    ends = bracket({0.0: True, **within})
    assert ends is None or ends[1] - ends[0] <= refine + 2 * APART
    assert len(within) <= len(amounts) + most_added(amounts, refine)


@given(SWEEPS, TOLERANCES)
def test_added_amounts_have_names_of_their_own(amounts: list[float], refine: float) -> None:
    ends = sorted({0.0, *(round(amount, 6) for amount in amounts)})
    for low, high in pairwise(ends):
        found = [round(number * refine, 6) for number in between(low, high, refine)[:50]]
        names = [f"{amount:g}" for amount in (low, *found, high)]
        assert len(set(names)) == len(names)
        assert all(low < amount < high for amount in found)


def test_amounts_are_multiples_of_the_tolerance() -> None:
    assert halving(0.2, 0.5, 0.01) == 0.35
    assert halving(0.25, 0.5, 0.1) == 0.4
    assert halving(0.1, 0.7, 0.2) == 0.4
    assert halving(0.3, 0.4, 0.1) is None
    assert halving(0.3, 0.4 + 1e-9, 0.1) is None  # the dust of adding is no gap


def test_above_the_largest_and_without_any_that_keeps_there_is_nothing_to_search() -> None:
    assert bracket({0.2: True, 0.5: True}) is None
    assert bracket({0.2: False, 0.5: False}) is None


def test_an_amount_beyond_the_first_that_fails_is_not_searched() -> None:
    assert bracket({0.2: True, 0.5: False, 0.7: True, 0.9: False}) == (0.2, 0.5)
    assert bracket({0.2: False, 0.5: True, 0.7: False}) is None


@pytest.mark.parametrize(
    "amounts, refine, most", [([0.1, 0.9], 0.1, 3), ([0.2, 0.5, 0.8], 0.01, 5), ([0.5], 0.0001, 13)]
)
def test_so_many_are_added_at_most(amounts: list[float], refine: float, most: int) -> None:
    assert Sweep(sweep=amounts, refine=refine).most_added == most


def test_a_refined_sweep_stops_early_unless_told_otherwise() -> None:
    assert Sweep(sweep=[0.5]).exact
    assert not Sweep(sweep=[0.5], exact=False).exact
    assert not Sweep(sweep=[0.5], refine=0.01).exact
    assert Sweep(sweep=[0.5], refine=0.01, exact=True).exact
    assert Sweep(sweep=[0.5], refine=0.0).exact
