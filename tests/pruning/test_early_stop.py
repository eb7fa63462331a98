"""A point is stopped only when nothing that is still to come can change its outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vitac_tui.evaluation.accuracy import NO_PREDICTION, Predictions
from vitac_tui.evaluation.groups import group_numbers
from vitac_tui.evaluation.paired import compare
from vitac_tui.pruning.choose import Limit, select_amount
from vitac_tui.pruning.early_stop import EarlyStop

DROPS = st.sampled_from([0.0, 0.01, 0.05, 0.2, 0.5])


@st.composite
def sweeps(draw: st.DrawFn) -> tuple[Predictions, list[Predictions], NDArray[np.int64]]:
    """A dense model, pruned ones, and an order of their images, with groups or without."""
    images = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = rng.integers(0, 3, images)
    groups = group_numbers([str(number) for number in rng.integers(0, 6, images)])
    groups = groups if draw(st.booleans()) else None

    def model(share: float) -> Predictions:
        right = rng.random(images) < share
        return Predictions(labels, np.where(right, labels, NO_PREDICTION), np.ones(images), groups)

    shares = draw(st.lists(st.floats(0, 1), min_size=1, max_size=5))
    return model(draw(st.floats(0.3, 1))), list(map(model, shares)), rng.permutation(images)


def stopped_after(
    dense: Predictions, pruned: Predictions, early: EarlyStop, batch: int
) -> int | None:
    """How many images are seen until the scoring of a model stops; None where it does not."""
    right = pruned.right[early.order]
    for seen in range(batch, len(right), batch):
        if early.settled(right[:seen]):
            return seen
    return None


@settings(deadline=None)
@given(sweeps(), DROPS, st.booleans(), st.integers(1, 8))
def test_the_choice_is_that_of_exact_scores(
    drawn: tuple[Predictions, list[Predictions], NDArray[np.int64]],
    max_drop: float,
    strict: bool,
    batch: int,
) -> None:
    dense, models, order = drawn
    limit = Limit(max_drop, 0.025 if strict else None)
    early = EarlyStop(dense, order, limit)
    compared = [(number / 10, compare(dense, model)) for number, model in enumerate(models)]
    scored = [
        (amount, None if stopped_after(dense, model, early, batch) else found)
        for model, (amount, found) in zip(models, compared, strict=True)
    ]
    assert select_amount(scored, limit).index == select_amount(compared, limit).index


@settings(deadline=None)
@given(sweeps(), DROPS, st.booleans(), st.data())
def test_no_answer_still_to_come_changes_what_is_settled(
    drawn: tuple[Predictions, list[Predictions], NDArray[np.int64]],
    max_drop: float,
    strict: bool,
    data: st.DataObject,
) -> None:
    dense, (model, *_), order = drawn
    limit = Limit(max_drop, 0.025 if strict else None)
    early = EarlyStop(dense, order, limit)
    seen = data.draw(st.integers(0, len(order)))
    if not early.settled(model.right[order[:seen]]):
        return
    predicted = model.predicted.copy()
    for image in order[seen:]:
        predicted[image] = dense.labels[image] if data.draw(st.booleans()) else NO_PREDICTION
    whatever = replace(model, predicted=predicted)
    assert not limit.holds(compare(dense, whatever))


@settings(deadline=None)
@given(sweeps())
def test_one_more_correct_image_never_lowers_the_bound(
    drawn: tuple[Predictions, list[Predictions], NDArray[np.int64]],
) -> None:
    """What stopping with a level rests on."""
    dense, (model, *_), order = drawn
    low = compare(dense, model).low
    for image in order[~model.right[order]][:5]:
        predicted = model.predicted.copy()
        predicted[image] = dense.labels[image]
        model = replace(model, predicted=predicted)
        better = compare(dense, model).low
        assert better >= low - 1e-4  # the bound is found to this
        low = better


@pytest.mark.parametrize("strict", [False, True])
def test_a_model_that_knows_nothing_is_stopped_soon_and_the_dense_one_never(strict: bool) -> None:
    labels = np.zeros(1000, np.int64)
    predicted = np.where(np.arange(1000) < 950, 0, NO_PREDICTION)
    dense = Predictions(labels, predicted, np.ones(1000), None)
    early = EarlyStop(
        dense, np.random.default_rng(0).permutation(1000), Limit(0.05, 0.025 if strict else None)
    )
    lost = replace(dense, predicted=np.full(1000, NO_PREDICTION))
    after = stopped_after(dense, lost, early, 10)
    assert after is not None
    assert after <= 110  # what may be lost, and as many as the dense model gets wrong
    assert stopped_after(dense, dense, early, 10) is None


def test_the_reason_for_stopping_is_a_clause() -> None:
    early = EarlyStop(
        Predictions(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1), None),
        np.zeros(1, np.int64),
        Limit(0.01),
    )
    assert early.why == "even with all remaining images correct, it would drop by more than 1 point"
    assert replace(early, limit=Limit(0.01, 0.025)).why.endswith(
        "a drop within 1 point would not be shown"
    )
