"""A point is stopped only when nothing that is still to come can change its outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vitac_tui.evaluation.accuracy import NO_PREDICTION, Answers
from vitac_tui.evaluation.intervals import newcombe
from vitac_tui.evaluation.paired import compare
from vitac_tui.evaluation.resampling import group_numbers
from vitac_tui.pruning.choose import keeps, select_amount
from vitac_tui.pruning.early_stop import Curtailment

DROPS = st.sampled_from([0.0, 0.01, 0.05, 0.2, 0.5])


@st.composite
def sweeps(draw: st.DrawFn) -> tuple[Answers, list[Answers], NDArray[np.int64]]:
    """A dense model, pruned ones, and an order of their images, with groups or without."""
    images = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = rng.integers(0, 3, images)
    groups = group_numbers([str(number) for number in rng.integers(0, 6, images)])
    groups = groups if draw(st.booleans()) else None

    def model(share: float) -> Answers:
        right = rng.random(images) < share
        return Answers(labels, np.where(right, labels, NO_PREDICTION), np.ones(images), groups)

    shares = draw(st.lists(st.floats(0, 1), min_size=1, max_size=5))
    return model(draw(st.floats(0.3, 1))), list(map(model, shares)), rng.permutation(images)


def stopped_after(dense: Answers, pruned: Answers, early: Curtailment, batch: int) -> int | None:
    """How many images are seen until the scoring of a model stops; None where it does not."""
    right = pruned.right[early.order]
    for seen in range(batch, len(right), batch):
        if early.settled(right[:seen]):
            return seen
    return None


@settings(deadline=None)
@given(sweeps(), DROPS, st.booleans(), st.integers(1, 8))
def test_the_choice_is_that_of_exact_scores(
    drawn: tuple[Answers, list[Answers], NDArray[np.int64]],
    max_drop: float,
    strict: bool,
    batch: int,
) -> None:
    dense, models, order = drawn
    early = Curtailment(dense, order, max_drop, strict)
    compared = [(number / 10, compare(dense, model)) for number, model in enumerate(models)]
    exact = select_amount(compared, max_drop, strict=strict)
    scored, known = [], False
    for model, point in zip(models, compared, strict=True):
        if known and stopped_after(dense, model, early, batch):
            assert not keeps(point[1], max_drop, strict=strict)
        else:
            scored.append(point)
            known |= keeps(point[1], max_drop, strict=strict)
    found = select_amount(scored, max_drop, strict=strict)
    assert (scored[found.index], found.met) == (compared[exact.index], exact.met)


@settings(deadline=None)
@given(sweeps(), DROPS, st.booleans(), st.data())
def test_no_answer_still_to_come_changes_what_is_settled(
    drawn: tuple[Answers, list[Answers], NDArray[np.int64]],
    max_drop: float,
    strict: bool,
    data: st.DataObject,
) -> None:
    dense, (model, *_), order = drawn
    early = Curtailment(dense, order, max_drop, strict)
    seen = data.draw(st.integers(0, len(order)))
    if not early.settled(model.right[order[:seen]]):
        return
    predicted = model.predicted.copy()
    for image in order[seen:]:
        predicted[image] = dense.labels[image] if data.draw(st.booleans()) else NO_PREDICTION
    whatever = replace(model, predicted=predicted)
    assert not keeps(compare(dense, whatever), max_drop, strict=strict)


def test_one_more_right_image_never_lowers_the_bound() -> None:
    """What stopping under `strict` rests on: for all tables of so many images."""
    for images in (1, 2, 3, 7, 24):
        for both in range(images + 1):
            for gained in range(images + 1 - both):
                for lost in range(images + 1 - both - gained):
                    neither = images - both - gained - lost
                    low = newcombe(both, gained, lost, neither)[0] - 1e-12
                    if neither:
                        assert newcombe(both, gained + 1, lost, neither - 1)[0] >= low
                    if lost:
                        assert newcombe(both + 1, gained, lost - 1, neither)[0] >= low


@pytest.mark.parametrize("strict", [False, True])
def test_a_model_that_knows_nothing_is_stopped_soon_and_the_dense_one_never(strict: bool) -> None:
    labels = np.zeros(1000, np.int64)
    predicted = np.where(np.arange(1000) < 950, 0, NO_PREDICTION)
    dense = Answers(labels, predicted, np.ones(1000), None)
    early = Curtailment(dense, np.random.default_rng(0).permutation(1000), 0.05, strict)
    lost = replace(dense, predicted=np.full(1000, NO_PREDICTION))
    after = stopped_after(dense, lost, early, 10)
    assert after is not None
    assert after <= 110  # what may be lost, and as many as the dense model gets wrong
    assert stopped_after(dense, dense, early, 10) is None


def test_the_reason_for_stopping_is_a_clause() -> None:
    early = Curtailment(Answers(*[np.zeros(1)] * 3, None), np.zeros(1, np.int64), 0.01, False)
    assert early.why == "even with all remaining images correct, it would drop by more than 1 point"
    assert replace(early, strict=True).why.endswith("a drop within 1 point would not be shown")
