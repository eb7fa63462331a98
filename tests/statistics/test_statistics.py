"""Properties, worked examples and a reduced simulation of the statistics."""

import time

import interval_coverage as coverage
import numpy as np
import pytest
from scipy import stats

from vitac_tui.statistics.bounded_mean import mean_exceeds, upper_bound
from vitac_tui.statistics.calibration import (
    brier_score,
    expected_calibration_error,
    fit_temperature,
    reliability_curve,
    selective_accuracy,
    softmax,
)
from vitac_tui.statistics.choosing import (
    across_variants,
    bisect,
    bisection_level,
    corrected_accuracy,
    fixed_sequence,
    largest_within,
)
from vitac_tui.statistics.folds import (
    compare_over_seeds,
    corrected_resampled_t,
    pool_folds,
    variance_shares,
)
from vitac_tui.statistics.intervals import (
    accuracy_interval,
    class_losses,
    drop_bound,
    drop_p_value,
    effective_sample_size,
    intraclass_correlation,
    paired_interval,
    paired_test,
    plausible_range,
)
from vitac_tui.statistics.power import (
    groups_for_limit,
    needed_groups,
    smallest_provable_limit,
    smallest_visible_drop,
)

RNG = np.random.default_rng(0)
RIGHT = RNG.random(240) < 0.9
AFTER = RIGHT ^ (RNG.random(240) < 0.1)
GROUPS = np.arange(240) // 10


@pytest.mark.parametrize("count", [0, 1, 7, 239, 240])
def test_the_plain_interval_is_clopper_and_pearsons(count):
    found = accuracy_interval(np.arange(240) < count)
    expected = stats.binomtest(count, 240).proportion_ci()
    assert found == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_groups_of_one_give_the_plain_interval():
    assert accuracy_interval(RIGHT, RNG.permutation(240)) == accuracy_interval(RIGHT)
    assert paired_interval(RIGHT, AFTER, np.arange(240)) == paired_interval(RIGHT, AFTER)
    assert paired_test(RIGHT, AFTER, np.arange(240)) == paired_test(RIGHT, AFTER)


def test_groups_that_are_right_or_wrong_as_a_whole_count_once():
    whole = np.repeat([1, 1, 1, 0, 1, 1, 1, 1], 30)
    units = np.repeat(np.arange(8), 30)
    assert accuracy_interval(whole, units) == pytest.approx(accuracy_interval(whole[::30]))
    assert accuracy_interval(np.ones(240), units) == pytest.approx((0.025**0.125, 1))


def test_no_groups_no_images_and_a_single_one():
    assert accuracy_interval([]) == (0, 1)
    assert paired_interval([], []) == (-1, 1)
    assert accuracy_interval([1, 1, 1], [4, 4, 4]) == pytest.approx((0.025, 1))
    assert accuracy_interval([0, 0]) == pytest.approx((0, 1 - 0.025**0.5))


@pytest.mark.parametrize("groups", [None, GROUPS, GROUPS // 3])
def test_bounds_hold_the_estimate_and_widen_with_the_confidence(groups):
    low, high = accuracy_interval(RIGHT, groups)
    assert 0 <= low <= RIGHT.mean() <= high <= 1
    wide_low, wide_high = accuracy_interval(RIGHT, groups, 0.99)
    assert wide_low < low < high < wide_high
    low, high = paired_interval(RIGHT, AFTER, groups)
    change = AFTER.mean() - RIGHT.mean()
    assert -1 <= low <= change <= high <= 1
    wide_low, wide_high = paired_interval(RIGHT, AFTER, groups, 0.99)
    assert wide_low < low < high < wide_high


def test_the_order_of_images_and_the_names_of_groups_do_not_matter():
    order = RNG.permutation(240)
    names = np.array([f"press {g}" for g in GROUPS])
    assert accuracy_interval(RIGHT[order], names[order]) == pytest.approx(
        accuracy_interval(RIGHT, GROUPS), abs=1e-12
    )
    assert paired_interval(RIGHT[order], AFTER[order], names[order]) == pytest.approx(
        paired_interval(RIGHT, AFTER, GROUPS), abs=1e-12
    )


def test_swapping_the_models_mirrors_the_interval():
    low, high = paired_interval(RIGHT, AFTER, GROUPS)
    assert paired_interval(AFTER, RIGHT, GROUPS) == pytest.approx((-high, -low))


def test_the_drop_bound_is_the_lower_end_and_agrees_with_the_p_value():
    bound = drop_bound(RIGHT, AFTER, GROUPS)
    assert bound == pytest.approx(-paired_interval(RIGHT, AFTER, GROUPS)[0])
    assert drop_p_value(RIGHT, AFTER, GROUPS, bound + 1e-4) < 0.025
    assert drop_p_value(RIGHT, AFTER, GROUPS, bound - 1e-4) > 0.025


def test_more_groups_give_a_tighter_bound():
    bounds = [drop_bound(np.ones(10 * g), np.ones(10 * g), np.arange(10 * g) // 10)
              for g in (5, 8, 24, 100)]  # fmt: skip
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[2] == pytest.approx(smallest_provable_limit(24))


def test_the_paired_test_is_mcnemars_for_independent_images():
    lost, gained = int((RIGHT & ~AFTER).sum()), int((AFTER & ~RIGHT).sum())
    assert paired_test(RIGHT, AFTER) == pytest.approx(
        stats.binomtest(lost, lost + gained).pvalue, rel=1e-9
    )


def test_the_paired_test_over_groups_counts_all_signs():
    before = np.array([1, 1, 1, 1, 0, 0, 1, 1, 1])
    after = np.array([0, 0, 1, 0, 1, 0, 0, 0, 0])
    units = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])  # changes 2, 0, 3
    assert paired_test(before, after, units) == pytest.approx(0.5)
    expected = stats.permutation_test(
        (np.array([2.0, 1.0, 3.0, -1.0, 2.0]),), np.mean, permutation_type="samples",
        n_resamples=10_000,
    ).pvalue  # fmt: skip
    changes = np.array([2, 1, 3, -1, 2])
    size = 3
    place = np.arange(size)
    b = (place < changes[:, None]).ravel()
    a = (place < -changes[:, None]).ravel()
    assert paired_test(b, a, np.repeat(np.arange(5), size)) == pytest.approx(expected)


def test_the_tail_of_a_weighted_mean_agrees_with_random_numbers():
    values = RNG.random(12)
    weights = RNG.gamma(2, size=12)
    drawn = np.random.default_rng(1).dirichlet(weights, 200_000) @ values
    for threshold in np.quantile(drawn, (0.1, 0.5, 0.9, 0.975)):
        found = mean_exceeds(values[None], weights[None], np.array([threshold]))[0]
        assert found == pytest.approx((drawn > threshold).mean(), abs=0.004)


@pytest.mark.parametrize("ones, zeros", [(1, 1), (1, 400), (201, 200), (3, 9_998)])
def test_the_tail_of_two_values_is_the_beta_distribution(ones, zeros):
    thresholds = stats.beta.ppf([0.02, 0.5, 0.9, 0.99, 0.9999], ones, zeros)  # type: ignore[attr-defined]
    found = mean_exceeds(
        np.tile([1.0, 0.0], (5, 1)), np.tile([float(ones), float(zeros)], (5, 1)), thresholds
    )
    assert found == pytest.approx(stats.beta.sf(thresholds, ones, zeros), rel=2e-4)  # type: ignore[attr-defined]


def test_the_bound_is_exceeded_with_its_error():
    values = RNG.random((20, 9))
    bounds = upper_bound(values, np.ones((20, 9)), 1.0, 0.025)
    tail = mean_exceeds(np.c_[values, np.ones(20)], np.ones((20, 10)), bounds)
    assert tail == pytest.approx(np.full(20, 0.025), rel=1e-3)


def test_the_effective_sample_size_lies_between_groups_and_images():
    assert effective_sample_size(RIGHT) == 240
    assert 24 <= effective_sample_size(RIGHT, GROUPS) <= 240
    assert effective_sample_size(np.ones(240), GROUPS) == pytest.approx(24)
    assert intraclass_correlation(np.repeat([0, 1], 120), GROUPS) == pytest.approx(1)


def test_without_groups_the_plausible_range_holds_both():
    found = plausible_range(RIGHT)
    assert found.independent == accuracy_interval(RIGHT)
    assert found.grouped[0] < found.independent[0] < found.independent[1] < found.grouped[1]


def test_a_class_that_is_gone_is_named_and_one_with_two_groups_is_not():
    labels = np.repeat([0, 1, 2], [120, 120, 6])
    units = np.concatenate([np.arange(240) // 10, [24] * 3 + [25] * 3])
    before = np.ones(246)
    after = np.where(labels == 0, 1, 0)
    losses = class_losses(labels, before, after, units)
    assert [loss.label for loss in losses] == [1]
    assert losses[0].p_value < 0.001
    assert losses[0].groups == 12


@pytest.mark.parametrize("bad", [[2, 0], [[1, 0]], [float("nan")]])
def test_values_out_of_range_are_refused(bad):
    with pytest.raises(ValueError, match="value"):
        accuracy_interval(bad)


def test_arguments_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="one per image"):
        accuracy_interval([1, 0], [1])
    with pytest.raises(ValueError, match="images"):
        paired_interval([1, 0], [1])
    with pytest.raises(ValueError, match="confidence"):
        accuracy_interval([1, 0], confidence=1)


def test_ten_thousand_images_take_less_than_five_milliseconds():
    right = RNG.random(10_000) < 0.95
    units = np.arange(10_000) // 10
    accuracy_interval(right, units)
    taken = []
    for _ in range(20):
        start = time.perf_counter()
        accuracy_interval(right, units)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.005


def test_the_walk_stops_at_the_first_failure():
    assert fixed_sequence({0.4: 0.001, 0.1: 0.01, 0.2: 0.3}) == (0.1,)
    assert fixed_sequence({0.1: float("nan")}) == ()


def test_bisection_ends_next_to_the_crossing():
    grid = tuple(round(i / 50, 2) for i in range(1, 50))
    sweep = {a: float(a > 0.44) for a in (0.1, 0.3, 0.5, 0.7)}
    chosen, known = bisect(lambda a: float(a > 0.44), sweep, grid, 0.01)
    assert chosen == 0.44
    assert len(known) <= 4 + 4
    nothing, known = bisect(lambda a: float(a > 0.05), {0.1: 1.0}, grid, 0.01)
    assert nothing == 0.04  # the search looks below the first amount
    assert bisection_level(4) == pytest.approx(0.005)


def test_a_finished_variant_passes_its_level_on():
    table = {"l1": {0.1: 0.001, 0.2: 0.01}, "random": {0.1: 0.02}}
    assert across_variants(table) == {"l1": (0.1, 0.2), "random": (0.1,)}
    assert across_variants(table, method="bonferroni") == {"l1": (0.1, 0.2), "random": ()}


def test_the_corrected_accuracy_does_not_exceed_the_apparent_one():
    table = RNG.random((10, 240)) < 0.9
    found = corrected_accuracy(table, GROUPS)
    assert found.low < found.corrected < found.apparent < found.high
    assert found == corrected_accuracy(table, GROUPS)
    assert corrected_accuracy(table, GROUPS, largest_within(0.5)).chosen == 9
    assert corrected_accuracy(table[:1], GROUPS).optimism == pytest.approx(0, abs=0.01)


def test_the_limit_that_groups_can_show_and_the_groups_of_a_limit():
    assert groups_for_limit(smallest_provable_limit(24)) == 24
    assert groups_for_limit(0.05) == 72
    assert smallest_visible_drop(24, 10) < smallest_visible_drop(8, 10)


def test_more_groups_are_asked_for_where_the_limit_is_near():
    after = RIGHT.copy()
    after[::60] = False
    wide = needed_groups(RIGHT, after, GROUPS, 0.2)
    near = needed_groups(RIGHT, after, GROUPS, 0.1)
    assert wide.groups < near.groups
    assert wide.low <= wide.groups
    assert needed_groups(np.ones(240), np.zeros(240), GROUPS, 0.1).groups is None


def test_calibration_of_a_calibrated_and_an_overconfident_model():
    logits = RNG.normal(size=(3000, 5)) * 2
    shares = softmax(logits)
    labels = np.array([RNG.choice(5, p=p) for p in shares])
    assert fit_temperature(logits, labels) == pytest.approx(1, abs=0.1)
    assert fit_temperature(3 * logits, labels) == pytest.approx(3, abs=0.3)
    right = shares.argmax(axis=1) == labels
    assert expected_calibration_error(shares.max(axis=1), right).low == 0
    sure = softmax(3 * logits).max(axis=1)
    over = expected_calibration_error(sure, right)
    assert 0 < over.low < over.corrected < over.high
    one_hot = np.eye(5)[labels]
    assert brier_score(shares, labels) == pytest.approx(((shares - one_hot) ** 2).sum(1).mean())
    assert sum(part.images for part in reliability_curve(sure, right)) == 3000


def test_selective_accuracy_ends_at_the_accuracy():
    curve = selective_accuracy([0.9, 0.8, 0.8, 0.1], [1, 1, 0, 0])
    assert curve.coverage == pytest.approx([0.25, 0.75, 1])
    assert curve.accuracy == pytest.approx([1, 2 / 3, 0.5])
    assert curve.area == pytest.approx(0.5 / 3 + 0.5 / 4)


def test_pooled_folds_refuse_a_group_in_two_of_them():
    with pytest.raises(ValueError, match="two folds"):
        pool_folds([[1, 0], [1, 1]], [[1, 2], [2, 3]])
    found = pool_folds([RIGHT[:120], RIGHT[120:]], [GROUPS[:120], GROUPS[120:]])
    assert (found.low, found.high) == accuracy_interval(RIGHT, GROUPS)


def test_variance_goes_to_seeds_or_to_data():
    by_data = np.tile(RNG.random((1, 20)), (4, 1))
    assert variance_shares(by_data).seeds == 0
    assert variance_shares(by_data).data > 0
    by_seed = np.tile(RNG.random((4, 1)), (1, 20))
    assert variance_shares(by_seed).data == 0


def test_the_corrected_t_is_nadeau_and_bengios():
    a, b = RNG.random(10), RNG.random(10)
    found = corrected_resampled_t(a, b, 0.1)
    change = b - a
    t = change.mean() / np.sqrt((1 / 10 + 1 / 9) * change.var(ddof=1))
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(t), 9))  # type: ignore[attr-defined]
    assert found.low < found.difference < found.high


def test_equal_answers_are_no_difference():
    table = np.tile(RIGHT, (3, 1))
    assert compare_over_seeds(table, table, GROUPS).p_value == 1


def test_coverage_in_a_reduced_simulation(monkeypatch, capsys):
    monkeypatch.setattr(coverage, "SIZES", (10,))
    monkeypatch.setattr(coverage, "ACCURACIES", (0.8, 0.95, 0.99))
    monkeypatch.setattr(coverage, "DROPS", (0.1, 0.4))
    monkeypatch.setattr(coverage, "WIDTHS", 20)
    found = coverage.accuracy_section(500, (5, 8, 24))
    found |= coverage.drop_section(500, (8, 24))
    found |= coverage.classes_section(60)
    # Sampling error of 500 samples: two standard deviations of 5 % are 2 points.
    assert found["coverage, 8 groups or more"] >= 0.92
    assert found["coverage, 5 groups"] >= 0.88
    assert found["shown, one amount"] <= 0.045
    assert found["loses class"] <= 0.12  # 60 samples
    assert "Accuracy, 95 %" in capsys.readouterr().out
