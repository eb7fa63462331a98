"""Choosing an amount of pruning, or a model, so that the choice keeps its promise.

A p-value is that of "the drop in accuracy is `max_drop` or more" (`intervals.drop_p_value`); a test
that rejects it accepts the amount. Every procedure here keeps the probability that any amount it
accepts drops by `max_drop` or more below `level`, so any accepted amount may be chosen: the
largest, the fastest, the most accurate.

Sources:
    P. Bauer, Statistics in Medicine 10 (1991) 871-890: fixed-sequence testing.
    A. N. Angelopoulos, S. Bates, E. J. Candes, M. I. Jordan and L. Lei, "Learn then Test",
    Annals of Applied Statistics 19 (2025) 1641-1662; arXiv:2110.01052: the same for model choice.
    F. Bretz, W. Maurer, W. Brannath and M. Posch, Statistics in Medicine 28 (2009) 586-604:
    several sequences that pass their level on.
    I. Tsamardinos, E. Greasidou and G. Borboudakis, Machine Learning 107 (2018) 1895-1922:
    bootstrap bias-corrected estimate of a chosen model (BBC).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vitac_tui.statistics.intervals import LEVEL, accuracy_bounds, group_index

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Rule = Callable[[FloatArray], IntArray]


RESAMPLES = 2000
_SEED = 20240601  # equal data give equal numbers


@dataclass(frozen=True)
class CorrectedAccuracy:
    """The accuracy of a model that was chosen on the same images; shares in [0, 1].

    Attributes:
        chosen: index of the chosen candidate.
        apparent: its accuracy on the images it was chosen on; flatters on average.
        corrected: what to expect of it on new groups.
        low: lower bound that holds whatever the rule; `high` the upper one.
    """

    chosen: int
    apparent: float
    corrected: float
    low: float
    high: float

    @property
    def optimism(self) -> float:
        """By how much the apparent accuracy is expected to flatter."""
        return self.apparent - self.corrected


def fixed_sequence(p_values: Mapping[float, float], level: float = LEVEL) -> tuple[float, ...]:
    """Return the amounts that are accepted: walk up from the smallest, stop at the first failure.

    The probability of accepting any amount that drops too much is at most `level`, however many
    amounts there are and whatever the shape of the curve: the first such amount must pass its own
    test before any later one is looked at. A bump in the curve costs power, not validity.

    Args:
        p_values: amount to p-value. The amounts must have been fixed before looking at the data.
        level: error level of the whole walk.
    """
    accepted = []
    for amount in sorted(p_values):
        if not p_values[amount] <= level:  # a NaN fails
            break
        accepted.append(amount)
    return tuple(accepted)


def bisection_level(halvings: int, level: float = LEVEL, *, inner: int | None = None) -> float:
    """Return the level of each test of a sweep that bisection refines.

    The sweep is walked up by `fixed_sequence` at this level; then each halving between the last
    accepted amount and the next one is tested at it; the largest accepted amount is the choice.

    Where the true accuracy does not rise with the amount, the choice drops too much with a
    probability of at most `level`: the first amount that is wrongly accepted lies on the path that
    bisection would take with the true answers. (A good amount that is rejected leads below itself,
    where all are good.) That path is fixed before the data are seen, and holds at most one bad
    amount of the sweep and `halvings` others, so `level / (halvings + 1)` for each suffices. The
    outcome at one amount may depend on another in any way.

    Without that assumption every amount that could be reached counts: pass `inner`.

    Args:
        halvings: the largest number of amounts that the bisection may add.
        level: error level of the whole search.
        inner: how many amounts on the grid the bisection could reach in all; assumes nothing about
            the curve.

    Raises:
        ValueError: a number is negative.
    """
    if halvings < 0 or (inner is not None and inner < halvings):
        raise ValueError("halvings must be 0 or more, and inner at least as many")
    return level / (1 + (halvings if inner is None else inner))


def bisect(
    p_value: Callable[[float], float],
    sweep: Mapping[float, float],
    grid: tuple[float, ...],
    level: float = LEVEL,
) -> tuple[float | None, dict[float, float]]:
    """Return the chosen amount after refining a sweep by bisection, and the p-values used.

    The reference for the order of the tests; 0 (the dense model) bounds the search from below.

    Args:
        p_value: evaluates one amount.
        sweep: amount to p-value of the amounts of the sweep.
        grid: amounts that may be added, in ascending order.
        level: level of each test, from `bisection_level`.

    Returns:
        The largest accepted amount, or None where none was; and all p-values by amount.
    """
    known = dict(sweep)
    accepted = fixed_sequence(sweep, level)
    low = accepted[-1] if accepted else 0.0
    high = min((amount for amount in sweep if amount > low), default=None)
    while high is not None:
        inner = [amount for amount in grid if low < amount < high]
        if not inner:
            break
        middle = inner[len(inner) // 2]
        known[middle] = p_value(middle)
        if known[middle] <= level:
            low = middle
        else:
            high = middle
    return (low if low > 0 else None), known


def across_variants(
    p_values: Mapping[str, Mapping[float, float]],
    level: float = LEVEL,
    method: Literal["holm", "bonferroni"] = "holm",
) -> dict[str, tuple[float, ...]]:
    """Return the amounts that are accepted for each of several variants, such as criteria.

    Each variant is walked up by `fixed_sequence` at `level / variants`. By "holm" a variant whose
    amounts are all accepted passes its level on to the others in equal parts. The probability that
    any accepted amount of any variant drops too much is at most `level`.

    Args:
        p_values: variant to amount to p-value.
        level: error level over all variants.
        method: "holm" is never weaker; "bonferroni" makes each variant independent of the others.

    Raises:
        ValueError: the method is unknown.
    """
    if method not in ("holm", "bonferroni"):
        raise ValueError(f"unknown method {method!r}; expected 'holm' or 'bonferroni'")
    active = set(p_values)
    accepted: dict[str, tuple[float, ...]] = {}
    while True:
        shares = len(active) if method == "holm" else len(p_values)
        for variant in active:
            accepted[variant] = fixed_sequence(p_values[variant], level / shares)
        done = {name for name in active if len(accepted[name]) == len(p_values[name])}
        active -= done
        if method == "bonferroni" or not done or not active:
            return {variant: accepted[variant] for variant in p_values}


def corrected_accuracy(
    correct: ArrayLike,
    groups: ArrayLike | None = None,
    rule: Rule | None = None,
    confidence: float = 0.95,
) -> CorrectedAccuracy:
    """Return the accuracy of the candidate that a rule chooses, corrected for the choice.

    Groups are drawn with replacement; the rule chooses on those drawn, and the choice is scored on
    those left out: BBC. It is close to unbiased, and errs on the low side. The bounds are the
    accuracy interval with the error divided by the number of candidates, hence valid for any rule.

    Args:
        correct: candidates x images; amounts of a sweep, epochs of a training run, variants. The
            dense model may be one of them.
        groups: images; the group of each. None takes the images as independent.
        rule: from accuracies (samples x candidates) to chosen indices (samples). Defaults to the
            most accurate, the first of equals.
        confidence: two-sided level of the bounds, in (0, 1).

    Raises:
        ValueError: the array is empty, or lengths differ, or the level is not in (0, 1).
    """
    table = np.asarray(correct, dtype=np.float64)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"expected candidates x images, not an array of shape {table.shape}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; expected a level in (0, 1)")
    choose = most_accurate if rule is None else rule
    numbers = group_index(groups, table.shape[1])
    sizes = np.bincount(numbers).astype(np.float64)
    sums: FloatArray = np.array(
        [np.bincount(numbers, weights=row, minlength=len(sizes)) for row in table], np.float64
    )
    apparent = sums.sum(axis=1) / sizes.sum()
    chosen = int(choose(apparent[None])[0])
    tail = (1 - confidence) / 2 / len(table)
    low, high = accuracy_bounds(sums[chosen][None], sizes, tail)
    observed = float(apparent[chosen])
    # One group cannot be split; a choice is not expected to gain on new images.
    corrected = min(_out_of_bag(sums, sizes, choose), observed) if len(sizes) > 1 else observed
    return CorrectedAccuracy(chosen, observed, corrected, float(low[0]), float(high[0]))


def most_accurate(accuracies: FloatArray) -> IntArray:
    """Return the index of the best of each row (samples x candidates), the first of equals."""
    return np.asarray(accuracies.argmax(axis=1), dtype=np.int64)


def largest_within(max_drop: float) -> Rule:
    """Return the rule of the point estimate, for use with `corrected_accuracy`.

    Candidates are the dense model first, then the amounts in ascending order. The last one within
    `max_drop` of the dense model is chosen; the dense model where none is.
    """

    def choose(accuracies: FloatArray) -> IntArray:
        within = accuracies >= accuracies[:, :1] - max_drop - 1e-9
        last = within.shape[1] - 1 - within[:, ::-1].argmax(axis=1)
        return np.asarray(last, dtype=np.int64)

    return choose


def _out_of_bag(sums: FloatArray, sizes: FloatArray, choose: Rule) -> float:
    """Return the mean accuracy of the choice on the groups that a resample leaves out."""
    groups = len(sizes)
    drawn = np.random.default_rng(_SEED).multinomial(
        groups, np.full(groups, 1 / groups), RESAMPLES
    ).astype(np.float64)  # fmt: skip
    left_out = (drawn == 0).astype(np.float64)
    usable = left_out.any(axis=1)
    drawn, left_out = drawn[usable], left_out[usable]
    inside = (drawn @ sums.T) / (drawn @ sizes)[:, None]
    outside = (left_out @ sums.T) / (left_out @ sizes)[:, None]
    return float(outside[np.arange(len(drawn)), choose(inside)].mean())
