"""Coverage, width and error rates of every statistic, simulated; `python interval_coverage.py`.

Prints the tables of docs/statistics.md. Seeded; about ten minutes on one core. `--samples` sets the
replications of a setting, `--only` the sections.

Groups are simulated in these ways (m images each):
    independent   images are independent of each other
    beta .3, .8   beta-binomial with that intra-class correlation
    whole         a group is right or wrong as a whole
    mixed         half of the errors scattered over all groups, half in groups wrong as a whole
    unequal       beta-binomial, correlation .8; the largest group is 20 times the smallest
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, ndtr, ndtri, stdtrit

from vitac_tui.statistics.calibration import expected_calibration_error
from vitac_tui.statistics.choosing import (
    across_variants,
    bisect,
    bisection_level,
    corrected_accuracy,
    fixed_sequence,
)
from vitac_tui.statistics.folds import compare_over_seeds
from vitac_tui.statistics.intervals import (
    LEVEL,
    accuracy_bounds,
    bound_p_values,
    class_losses,
    paired_test,
)
from vitac_tui.statistics.power import (
    clustered_counts,
    drop_power,
    needed_groups,
    smallest_visible_drop,
)

FloatArray = NDArray[np.float64]
Bounds = tuple[FloatArray, FloatArray]
Method = Callable[[FloatArray, FloatArray], Bounds]

GROUPS = (5, 8, 12, 24, 40)
SIZES = (1, 3, 10, 30)
ACCURACIES = (0.6, 0.8, 0.9, 0.95, 0.98, 0.99)
KINDS = ("independent", "beta .3", "beta .8", "whole", "mixed", "unequal")
DROPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4)  # 8 groups cannot exclude less than 37 points
WIDTHS = 100  # samples that the width of our own interval is averaged over
EXACT = 1e-9


def sample(
    rng: np.random.Generator, samples: int, sizes: NDArray[np.int64], kind: str, share: float
) -> FloatArray:
    """Return images classified correctly: samples x groups."""
    shape = (samples, len(sizes))
    if kind == "independent":
        return rng.binomial(sizes, share, shape).astype(np.float64)
    if kind == "whole":
        return np.where(rng.random(shape) < share, sizes, 0).astype(np.float64)
    if kind == "mixed":
        whole = (1 - share) / 2
        rest = rng.binomial(sizes, share / (1 - whole), shape)
        return np.where(rng.random(shape) < whole, 0, rest).astype(np.float64)
    total = 1 / (0.3 if kind == "beta .3" else 0.8) - 1
    chances = rng.beta(share * total, (1 - share) * total, shape)
    return rng.binomial(sizes, chances).astype(np.float64)


def sizes_of(kind: str, groups: int, size: int) -> NDArray[np.int64]:
    """Return the images of each group."""
    if kind != "unequal":
        return np.full(groups, size)
    spread = np.geomspace(0.2, 4, groups)
    return np.asarray(np.maximum(np.rint(size * spread / spread.mean()), 1), np.int64)


def distinct(sums: FloatArray, sizes: NDArray[np.int64]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return the samples that differ, and which of them each sample is: many are equal."""
    if (sizes == sizes[0]).all():
        sums = np.sort(sums, axis=1)
    rows, place = np.unique(sums, axis=0, return_inverse=True)
    return rows, np.asarray(place, np.int64).reshape(-1)


def p_values(sums: FloatArray, sizes: NDArray[np.int64], limit: float) -> FloatArray:
    """Return the p-values of "the mean is `limit` or more"."""
    rows, place = distinct(sums, sizes)
    weights = sizes / ((sizes**2).sum() / sizes.sum())
    found = bound_p_values(rows / sizes, np.broadcast_to(weights, rows.shape), limit)
    return np.asarray(found[place], np.float64)


# --- competitors ------------------------------------------------------------------------------


def wilson(share: FloatArray, trials: FloatArray | float, z: float = 1.96) -> Bounds:
    spread = z * z / trials
    half = z / (1 + spread) * np.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    centre = (share + spread / 2) / (1 + spread)
    return np.where(share <= 0, 0, centre - half), np.where(share >= 1, 1, centre + half)


def by_image(sums: FloatArray, sizes: FloatArray) -> Bounds:
    return wilson(sums.sum(axis=1) / sizes.sum(), float(sizes.sum()))


def bootstrap(sums: FloatArray, sizes: FloatArray) -> Bounds:
    groups = len(sizes)
    drawn = np.random.default_rng(1).multinomial(groups, np.full(groups, 1 / groups), 400)
    means = (sums @ drawn.T) / (drawn @ sizes)
    low, high = np.quantile(means, (0.025, 0.975), axis=1)
    return low, high


def cluster_t(sums: FloatArray, sizes: FloatArray) -> Bounds:
    groups, images = len(sizes), sizes.sum()
    share = sums.sum(axis=1) / images
    error = np.sqrt(((sums - share[:, None] * sizes) ** 2).sum(axis=1) * groups / (groups - 1))
    arm = stdtrit(groups - 1, 0.975) * error / images
    return share - arm, share + arm


def effective_size(sums: FloatArray, sizes: FloatArray, prior: float) -> Bounds:
    groups, images = len(sizes), sizes.sum()
    largest = (sizes**2).sum() / images
    share = sums.sum(axis=1) / images
    between = ((sums - share[:, None] * sizes) ** 2).sum(axis=1) * groups / (groups - 1)
    variance = share * (1 - share)
    raw = np.clip(between / np.maximum(images * variance, 1e-300), 1, largest)
    effect = (groups * variance * raw + prior * largest) / (groups * variance + prior)
    factor = (1.96 / stdtrit(groups - 1, 0.975)) ** 2 if largest > 1 else 1.0
    return share, images / effect * factor


def effective_wilson(sums: FloatArray, sizes: FloatArray) -> Bounds:
    """The trial method of the issue: shrunken correlation and Student's t."""
    share, size = effective_size(sums, sizes, 0.1)
    return wilson(share, size)


def clopper_pearson(share: FloatArray, trials: FloatArray) -> Bounds:
    good, bad = share * trials, (1 - share) * trials
    some, rest = good > EXACT, bad > EXACT
    low = np.where(some, betaincinv(np.where(some, good, 1), bad + 1, 0.025), 0)
    return low, np.where(rest, betaincinv(good + 1, np.where(rest, bad, 1), 0.975), 1)


def korn_graubard(sums: FloatArray, sizes: FloatArray) -> Bounds:
    return clopper_pearson(*effective_size(sums, sizes, 0.4))


def groups_only(sums: FloatArray, sizes: FloatArray) -> Bounds:
    """Clopper and Pearson's with as many trials as groups: correlation 1."""
    share = sums.sum(axis=1) / sizes.sum()
    return clopper_pearson(share, np.full_like(share, sizes.sum() ** 2 / (sizes**2).sum()))


COMPETITORS: dict[str, Method] = {
    "Wilson by image": by_image,
    "percentile bootstrap over groups": bootstrap,
    "cluster-robust t": cluster_t,
    "Wilson, effective n (ICC shrunk, t)": effective_wilson,
    "Clopper-Pearson, effective n (ICC shrunk, t)": korn_graubard,
    "Clopper-Pearson, n = groups": groups_only,
}
OURS = "accuracy_interval (Gaffke over groups)"


# --- sections ---------------------------------------------------------------------------------


def accuracy_section(samples: int, groups: tuple[int, ...] = GROUPS) -> dict[str, float]:
    """Print coverage and width of the intervals of an accuracy; return the criteria."""
    keys: list[tuple[int, int, str, float]] = []
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in (OURS, *COMPETITORS)}
    for number in groups:
        for size in SIZES:
            for kind in KINDS if size > 1 else ("independent",):
                for share in ACCURACIES:
                    seed = [number, size, KINDS.index(kind), int(1000 * share)]
                    sizes = sizes_of(kind, number, size)
                    sums = sample(np.random.default_rng(seed), samples, sizes, kind, share)
                    keys.append((number, size, kind, share))
                    missed = (p_values(sums, sizes, share) <= LEVEL).mean()
                    missed += (p_values(sizes - sums, sizes, 1 - share) <= LEVEL).mean()
                    few = distinct(sums[:WIDTHS], sizes)
                    low, high = accuracy_bounds(few[0], sizes.astype(float), LEVEL)
                    found[OURS].append((1 - missed, float((high - low)[few[1]].mean())))
                    for name, method in COMPETITORS.items():
                        low, high = method(sums, sizes.astype(float))
                        covered = (low <= share + EXACT) & (share - EXACT <= high)
                        width = np.minimum(high, 1) - np.maximum(low, 0)
                        found[name].append((float(covered.mean()), float(width.mean())))
    results = {name: np.array(rows) for name, rows in found.items()}
    number_of = np.array([key[0] for key in keys])
    kind_of = np.array([key[2] for key in keys])
    print(f"\n## Accuracy, 95 %: {samples} samples, {len(keys)} settings\n")
    print("Least coverage / mean width in points, over sizes, accuracies and kinds\n")
    print("| method | " + " | ".join(f"{g} groups" for g in groups) + " |")
    print("|---|" + "---|" * len(groups))
    valid: dict[int, list[str]] = {g: [] for g in groups}
    for name, rows in results.items():
        texts = []
        for g in groups:
            of = number_of == g
            least = rows[of, 0].min()
            if least >= (0.94 if g >= 8 else 0.90):
                valid[g].append(name)
            texts.append(f"{least:.3f} / {100 * rows[of, 1].mean():.1f}")
        print(f"| {name} | " + " | ".join(texts) + " |")
    print("\nThe same interval by kind: least coverage / mean width\n")
    print("| kind | " + " | ".join(f"{g} groups" for g in groups) + " |")
    print("|---|" + "---|" * len(groups))
    for kind in KINDS:
        texts = []
        for g in groups:
            part = results[OURS][(number_of == g) & (kind_of == kind)]
            texts.append(f"{part[:, 0].min():.3f} / {100 * part[:, 1].mean():.1f}")
        print(f"| {kind} | " + " | ".join(texts) + " |")
    ratio = 0.0
    print("\nWidth against the competitors\n")
    for g in groups:
        of = number_of == g
        names = [name for name in valid[g] if name != OURS]
        means = {name: results[name][of, 1].mean() for name in names}
        best = min(means, key=lambda name: means[name])
        mine = results[OURS][of, 1].mean() / means[best]
        cellwise = (results[OURS][of, 1] / results[best][of, 1]).max()
        every = np.array([
            np.where(results[name][of, 0] >= (0.94 if g >= 8 else 0.9), results[name][of, 1], 9)
            for name in COMPETITORS
        ]).min(axis=0)  # fmt: skip
        oracle = results[OURS][of, 1] / every
        ratio = max(ratio, mine, cellwise)
        print(
            f"- {g} groups: valid in all settings: {', '.join(names)}. {mine:.2f} times the mean"
            f" width of the shortest ({best}), at most {cellwise:.2f} times in any setting. Against"
            f" the shortest that happens to cover in each single setting: median"
            f" {np.median(oracle):.2f}, above 1.8 in {100 * (oracle > 1.8).mean():.0f} %, most"
            f" {oracle.max():.1f}."
        )
    eight = number_of >= 8
    criteria = {"width ratio": ratio}
    if eight.any():
        criteria["coverage, 8 groups or more"] = float(results[OURS][eight, 0].min())
    if (number_of == 5).any():
        criteria["coverage, 5 groups"] = float(results[OURS][number_of == 5, 0].min())
    return criteria


def drop_section(samples: int, groups: tuple[int, ...] = GROUPS) -> dict[str, float]:
    """Print the error of "a drop of more than X is excluded" where the drop is exactly X."""
    kinds = ("independent", "beta .3", "beta .8", "whole", "mixed", "unequal")
    worst: dict[tuple[str, int], float] = {}
    for number in groups:
        for size in (1, 10, 30):
            for kind in kinds if size > 1 else ("independent",):
                for drop in DROPS:
                    for scatter in (0.0, 0.03):  # images changed at random, as many either way
                        seed = [7, number, size, kinds.index(kind), int(1000 * drop)]
                        rng = np.random.default_rng(seed)
                        sizes = sizes_of(kind, number, size)
                        lost = sizes - sample(rng, samples, sizes, kind, 1 - drop)
                        left = (sizes - lost).astype(np.int64)
                        gained = rng.binomial(left, scatter / (1 - drop))
                        more = rng.binomial(left - gained, scatter / (1 - drop - scatter))
                        change = lost + more - gained
                        error = float((p_values(change, sizes, drop) <= LEVEL).mean())
                        _, t_high = cluster_t(change, sizes.astype(float))
                        net = np.maximum(change.sum(axis=1), 0) / sizes.sum()
                        _, plain = wilson(net, float(sizes.sum()))
                        rows = {
                            "drop_bound": error,
                            "cluster-robust t": float((t_high < drop - EXACT).mean()),
                            "Wilson by image": float((plain < drop - EXACT).mean()),
                        }
                        for name, value in rows.items():
                            key = (name, number)
                            worst[key] = max(worst.get(key, 0.0), value)
    print(f"\n## A drop of more than X is excluded, true drop exactly X: {samples} samples\n")
    print("Largest error over sizes, kinds, X = 1 to 40 points, with and without scatter, %\n")
    print("| method | " + " | ".join(f"{g} groups" for g in groups) + " |")
    print("|---|" + "---|" * len(groups))
    for name in ("drop_bound", "cluster-robust t", "Wilson by image"):
        print(f"| {name} | " + " | ".join(f"{100 * worst[name, g]:.1f}" for g in groups) + " |")
    return {"shown, one amount": max(worst["drop_bound", g] for g in groups if g >= 8)}


def binary_p(lost: NDArray[np.int64], groups: int, limit: float) -> FloatArray:
    """Return `bound_p_values` for groups that are lost as a whole or not at all."""
    return np.asarray(1 - betainc(lost + 1, np.maximum(groups - lost, 1e-9), limit))


def lost_groups(
    rng: np.random.Generator, samples: int, groups: int, drops: FloatArray, shared: float
) -> NDArray[np.int64]:
    """Return whole groups lost, samples x amounts; `shared`: correlation between amounts."""
    common = np.sqrt(shared) * rng.standard_normal((samples, groups, 1))
    own = np.sqrt(1 - shared) * rng.standard_normal((samples, groups, len(drops)))
    return np.asarray(((common + own) < ndtri(drops)).sum(axis=1), np.int64)


def looked_up(row: list[float], place: dict[float, int], amount: float) -> float:
    return row[place[amount]]


def choosing_section(samples: int) -> dict[str, float]:
    """Print how often a sweep, a bisection or a choice among variants accepts a bad amount."""
    print(f"\n## Choosing an amount: {samples} samples, whole groups lost\n")
    print("How often an amount is accepted whose true drop is the limit or more, %\n")
    print("| search | groups | largest passing amount | fixed-sequence / corrected |")
    print("|---|---|---|---|")
    worst = {"sweep of 9": 0.0, "sweep of 40": 0.0, "bisection": 0.0, "variants": 0.0}
    limit = 0.15
    for groups in (24, 40, 108):
        for count in (9, 40):
            for good in (0, count // 2):
                for shared in (0.0, 0.8):
                    rng = np.random.default_rng([groups, count, good, int(10 * shared)])
                    drops = np.where(np.arange(count) < good, 0.01, limit)
                    lost = lost_groups(rng, samples, groups, drops, shared)
                    passed = binary_p(lost, groups, limit) <= LEVEL
                    walked = np.logical_and.accumulate(passed, axis=1)
                    naive, ours = (t[:, good:].any(axis=1).mean() for t in (passed, walked))
                    name = f"sweep of {count}"
                    worst[name] = max(worst[name], float(ours))
                    text = f"{name}, {good} good, shared {shared}"
                    print(f"| {text} | {groups} | {100 * naive:.1f} | {100 * ours:.1f} |")
    sweep = (0.1, 0.3, 0.5, 0.7, 0.9)
    grid = tuple(round(0.02 * i, 2) for i in range(1, 50))
    amounts = np.array(sorted({*sweep, *grid}))
    place = {float(a): i for i, a in enumerate(amounts)}
    halvings = 4  # 9 amounts between two of the sweep
    fewer = min(samples, 4000)
    curves = {
        "all at the limit": np.full(len(amounts), limit),
        "limit from .32": np.where(amounts < 0.32, 0.005, limit),
        "limit from .52": np.where(amounts < 0.52, 0.005, limit),
        "bump at .3 to .5": np.where((amounts > 0.31) & (amounts < 0.49), limit, 0.005),
    }
    for groups in (40, 108):
        for name, drops in curves.items():
            for shared in (0.0, 0.8):
                rng = np.random.default_rng([groups, len(name), int(10 * shared)])
                p = binary_p(lost_groups(rng, fewer, groups, drops, shared), groups, limit)
                errors = []
                for level in (LEVEL, bisection_level(halvings)):
                    bad = 0
                    for row in p.tolist():
                        chosen, _ = bisect(
                            partial(looked_up, row, place), {a: row[place[a]] for a in sweep},
                            grid, level,
                        )  # fmt: skip
                        bad += chosen is not None and drops[place[chosen]] >= limit
                    errors.append(bad / fewer)
                if "bump" not in name:
                    worst["bisection"] = max(worst["bisection"], errors[1])
                text = f"bisection, {name}, shared {shared}"
                print(f"| {text} | {groups} | {100 * errors[0]:.1f} | {100 * errors[1]:.1f} |")
    for groups in (24, 108):
        rng = np.random.default_rng([groups, 3])
        naive, ours = 0, 0
        p = np.stack([
            binary_p(lost_groups(rng, fewer, groups, np.full(9, limit), 0.0), groups, limit)
            for _ in range(5)
        ])  # fmt: skip
        for i in range(fewer):
            table = {f"v{v}": {a / 10: float(p[v, i, a]) for a in range(9)} for v in range(5)}
            ours += any(across_variants(table).values())
            naive += any(fixed_sequence(one) for one in table.values())
        worst["variants"] = max(worst["variants"], ours / fewer)
        print(f"| 5 variants x 9 amounts | {groups} | {100 * naive / fewer:.1f} |"
              f" {100 * ours / fewer:.1f} |")  # fmt: skip
    return {f"strict, {name}": value for name, value in worst.items()}


def classes_section(samples: int) -> dict[str, float]:
    """Print how often a class is named as lost although none was."""
    print(f"\n## Classes lost, none was: {samples} samples\n")
    print("| classes | groups per class | images per group | change | any named, % |")
    print("|---|---|---|---|---|")
    worst = 0.0
    for classes, groups, size in ((10, 2, 3), (10, 8, 3), (10, 12, 10), (40, 6, 3)):
        labels = np.repeat(np.arange(classes), groups * size)
        units = np.repeat(np.arange(classes * groups), size)
        for kind in ("whole groups", "images", "skewed"):
            rng = np.random.default_rng([classes, groups, size, len(kind)])
            named = 0
            for _ in range(samples):
                draw = rng.random(classes * groups)[units]
                single = rng.random(len(labels))
                if kind == "whole groups":
                    lost, gained = draw < 0.15, draw > 0.85
                elif kind == "images":
                    lost, gained = single < 0.1, single > 0.9
                else:  # whole groups gained, scattered images lost, as many of each
                    lost, gained = single < 0.1, draw > 0.9
                    lost, gained = lost & ~gained, gained & (single >= 0.1)
                neither = ~lost & ~gained
                before, after = lost | neither, gained | neither
                named += bool(class_losses(labels, before, after, units))
            worst = max(worst, named / samples if kind != "skewed" else 0.0)
            print(f"| {classes} | {groups} | {size} | {kind} | {100 * named / samples:.1f} |")
    print("\nBoth models equally good, p <= .05, %: sign-flip test over groups, and by image\n")
    for groups, size in ((8, 10), (24, 10), (40, 30)):
        rng = np.random.default_rng([groups, size])
        units = np.repeat(np.arange(groups), size)
        rates = np.zeros(2)
        for _ in range(samples):
            draw = rng.random(groups)[units]
            before, after = draw > 0.15, draw < 0.85
            rates += [paired_test(before, after, units) <= 0.05, paired_test(before, after) <= 0.05]
        print(f"- {groups} groups x {size}, whole groups change: {100 * rates[0] / samples:.1f},"
              f" {100 * rates[1] / samples:.1f}")  # fmt: skip
    return {"loses class": worst}


def power_section(samples: int) -> dict[str, float]:
    """Print the power of the number of groups asked for."""
    print("\n## Groups asked for 80 % power\n")
    print("| groups | limit | pilot | needed, truth known | power | pilots: mean power | never |"
          " range holds |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    settings = (
        ("independent images, 2 % lost", 1, 0.02, 0.0, 0.05, 100),
        ("10 images, ICC .3, 2 % lost", 10, 0.02, 0.3, 0.1, 24),
        ("10 images, ICC .8, 3 % lost", 10, 0.03, 0.8, 0.1, 40),
        ("10 images, whole groups, 3 %", 10, 0.03, 1.0, 0.1, 24),
    )
    worst, pilots_worst = 0.0, 0.0
    for name, size, loss, correlation, limit, pilot in settings:
        rng = np.random.default_rng([11, size, int(100 * correlation)])

        def changes(
            count: int, groups: int, size: int = size, loss: float = loss,
            correlation: float = correlation, rng: np.random.Generator = rng,
        ) -> FloatArray:  # fmt: skip
            lost = clustered_counts(rng, count, groups, size, loss, correlation)
            gained = rng.binomial(size - lost, 0.01)  # and as many images gained at random
            more = rng.binomial(size - lost - gained, 0.01)
            return (lost + more - gained).astype(np.float64)

        def answers(change: FloatArray, size: int = size) -> tuple[FloatArray, FloatArray]:
            place = np.arange(size)
            before = (place < change[:, None]) | (change[:, None] == 0)
            after = (place < -change[:, None]) | (change[:, None] == 0)
            return before.ravel().astype(float), after.ravel().astype(float)

        known: dict[int, float] = {}

        def power(
            groups: int, size: int = size, limit: float = limit, known: dict[int, float] = known,
            changes: Callable[[int, int], FloatArray] = changes,
        ) -> float:  # fmt: skip
            step = round(np.log(groups) / np.log(1.04))
            if step not in known:
                number = round(1.04**step)
                of = changes(max(samples // 4, 400), number)
                sizes = np.full(number, size)
                known[step] = float((p_values(of, sizes, limit) <= LEVEL).mean())
            return known[step]

        values, counts = np.unique(changes(1, 50_000)[0] / size, return_counts=True)
        shares = counts / counts.sum()
        low, high = 10, 4000
        while high - low > max(1, low // 50):
            middle = (low + high) // 2
            enough = drop_power(values, shares, middle, limit) >= 0.8
            low, high = (low, middle) if enough else (middle, high)
        of = changes(samples // 2, high)
        reached = float((p_values(of, np.full(high, size), limit) <= LEVEL).mean())
        powers, never, held = [], 0, 0
        trials = 40
        for _ in range(trials):
            change = changes(1, pilot)[0]
            before, after = answers(change)
            units = np.repeat(np.arange(pilot), size)
            asked = needed_groups(before, after, units, limit)
            held += (asked.low or 10**9) <= high <= (asked.high or 10**9)
            if asked.groups is None:
                never += 1
            else:
                powers.append(power(min(asked.groups, 3000)))
        mean = float(np.mean(powers))
        worst = max(worst, abs(reached - 0.8))
        pilots_worst = max(pilots_worst, abs(mean - 0.8))
        print(f"| {name} | {100 * limit:.0f} | {pilot} | {high} | {100 * reached:.0f} % |"
              f" {100 * mean:.0f} % | {never} of {trials} |"
              f" {100 * held / trials:.0f} % |")  # fmt: skip
    print("\nSmallest drop seen with 80 % power, points (accuracy .95, ICC .6, 10 images):", {
        g: round(100 * (smallest_visible_drop(g, 10) or 1), 1) for g in (8, 12, 24, 40, 100)
    })  # fmt: skip
    return {"power, truth known": worst, "power, mean over pilots": pilots_worst}


def selection_section(samples: int) -> dict[str, float]:
    """Print the bias of the accuracy of a chosen model, in points."""
    print(f"\n## Accuracy of the best of k, bias in points: {samples} samples\n")
    print("| groups | images | k | apparent | corrected | interval covers the chosen |")
    print("|---|---|---|---|---|---|")
    for groups, size in ((8, 10), (24, 10), (108, 1)):
        for count in (3, 10, 40):
            rng = np.random.default_rng([groups, count])
            bias, covered = [], 0
            for _ in range(samples):
                truth = np.clip(0.92 + 0.01 * rng.standard_normal(count), 0.5, 0.995)
                noise = 0.7 * rng.standard_normal((1, groups, 1))
                noise = noise + 0.4 * rng.standard_normal((count, groups, 1))
                noise = noise + 0.45 * rng.standard_normal((1, groups, size))
                rest = np.sqrt(1 - 0.49 - 0.16 - 0.2025)
                noise = noise + rest * rng.standard_normal((count, groups, size))
                right = (ndtr(noise) < truth[:, None, None]).reshape(count, -1)
                found = corrected_accuracy(right, np.repeat(np.arange(groups), size))
                real = truth[found.chosen]
                bias.append((found.apparent - real, found.corrected - real))
                covered += found.low <= real <= found.high
            mean = 100 * np.mean(bias, axis=0)
            print(f"| {groups} | {size} | {count} | {mean[0]:+.1f} | {mean[1]:+.1f} |"
                  f" {covered / samples:.3f} |")  # fmt: skip
    return {}


def others_section(samples: int) -> dict[str, float]:
    """Print the errors of the comparison over seeds and of the calibration interval."""
    print(f"\n## Two equal models over seeds and groups, p <= .05: {samples} samples\n")
    print("| seeds | groups | variance of seeds, data, both | t over seeds, % | ours, % |")
    print("|---|---|---|---|---|")
    for seeds, groups, of_seeds, of_data, both in (
        (3, 8, 0, 1, 1), (3, 8, 1, 1, 1), (5, 24, 0, 1, 1), (5, 24, 0.3, 1, 1), (10, 8, 1, 1, 0.1)
    ):  # fmt: skip
        rng = np.random.default_rng([seeds, groups, int(10 * of_seeds)])
        ours = naive = 0
        for _ in range(samples):
            change = (
                np.sqrt(of_seeds) * rng.standard_normal((seeds, 1))
                + np.sqrt(of_data) * rng.standard_normal((1, groups))
                + np.sqrt(both) * rng.standard_normal((seeds, groups))
            )
            ours += compare_over_seeds(np.zeros_like(change), change).p_value <= 0.05
            means = change.mean(axis=1)
            error = means.std(ddof=1) / np.sqrt(seeds)
            naive += abs(means.mean()) / error > stdtrit(seeds - 1, 0.975)
        print(f"| {seeds} | {groups} | {of_seeds}, {of_data}, {both} |"
              f" {100 * naive / samples:.1f} | {100 * ours / samples:.1f} |")  # fmt: skip
    fewer = min(samples, 300)
    print(f"\n## Expected calibration error: coverage of its 95 % interval, {fewer} samples\n")
    print("| groups | images | gap | group effect | coverage | bias observed | corrected |")
    print("|---|---|---|---|---|---|---|")
    for groups, size, gap, effect in (
        (8, 10, 0, 0.1), (24, 10, 0, 0.1), (24, 10, 0.1, 0.1), (40, 10, 0.05, 0.1), (300, 1, 0.1, 0)
    ):  # fmt: skip
        rng = np.random.default_rng([groups, size, int(100 * gap)])

        def draw(
            count: int, size: int = size, gap: float = gap, effect: float = effect,
            rng: np.random.Generator = rng,
        ) -> Bounds:  # fmt: skip
            sure = rng.beta(6, 1.5, (count, size))
            chance = np.clip(sure - gap + effect * rng.standard_normal((count, 1)), 0, 1)
            return sure.ravel(), (rng.random((count, size)) < chance).ravel().astype(float)

        many = draw(200_000 // size)
        covered, bias = 0, []
        for _ in range(fewer):
            sure, right = draw(groups)
            found = expected_calibration_error(sure, right, np.repeat(np.arange(groups), size))
            edges = np.unique(np.quantile(sure, np.arange(1, 15) / 15))
            place = np.searchsorted(edges, many[0])
            truth = np.abs(np.bincount(place, many[1] - many[0])).sum() / len(many[0])
            covered += found.low <= truth <= found.high
            bias.append((found.observed - truth, found.corrected - truth))
        mean = 100 * np.mean(bias, axis=0)
        print(f"| {groups} | {size} | {gap} | {effect} | {covered / fewer:.3f} |"
              f" {mean[0]:+.1f} | {mean[1]:+.1f} |")  # fmt: skip
    return {}


REQUIRED = {
    "coverage, 8 groups or more": (">=", 0.94),
    "coverage, 5 groups": (">=", 0.90),
    "width ratio": ("<=", 1.8),
    "shown, one amount": ("<=", 0.03),
    "strict, sweep of 9": ("<=", 0.03),
    "strict, sweep of 40": ("<=", 0.03),
    "strict, bisection": ("<=", 0.03),
    "strict, variants": ("<=", 0.03),
    "loses class": ("<=", 0.05),
    "power, truth known": ("<=", 0.08),
    "power, mean over pilots": ("<=", 0.08),
}
SECTIONS: dict[str, Callable[[int], dict[str, float]]] = {
    "accuracy": accuracy_section,
    "drop": drop_section,
    "choosing": lambda samples: choosing_section(5 * samples),
    "classes": lambda samples: classes_section(samples // 4),
    "power": power_section,
    "selection": lambda samples: selection_section(samples // 10),
    "others": lambda samples: others_section(samples // 2),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=4000)
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS), default=list(SECTIONS))
    options = parser.parse_args()
    criteria: dict[str, float] = {}
    for name in options.only:
        start = time.perf_counter()
        criteria |= SECTIONS[name](options.samples)
        print(f"\n({name}: {time.perf_counter() - start:.0f} s)", flush=True)
    print("\n## Required\n\n| criterion | required | measured | |\n|---|---|---|---|")
    for name, value in criteria.items():
        sign, limit = REQUIRED[name]
        met = value >= limit if sign == ">=" else value <= limit
        print(f"| {name} | {sign} {limit} | {value:.3f} | {'met' if met else 'NOT MET'} |")


if __name__ == "__main__":
    main()
