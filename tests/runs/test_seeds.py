"""Mean and spread of what several seeds repeated."""

import math

import pytest

from vitac_tui.runs.seeds import over_seeds


def model(name, seed, top1, *, test=None, difference=None):
    def scores(share):
        against = None if difference is None else {"difference": difference}
        return {"top1": share, "loss": 1 - share, "against_dense": against}

    return {
        "id": f"seed{seed}-{name}",
        "variant": name.partition("-")[0],
        "seed": seed,
        "eval": scores(top1),
        "test": scores(test) if test is not None else None,
    }


MODELS = [
    model("dense", 1, 0.9, test=0.8),
    model("masks-0.2", 1, 0.8, test=0.7, difference=-0.1),
    model("masks-0.4", 1, 0.7, difference=-0.2),
    model("dense", 2, 0.7, test=0.6),
    model("masks-0.2", 2, 0.6, difference=-0.1),
    model("masks-0.4", 2, 0.5, test=0.5, difference=-0.2),
]
CHOSEN = [
    {"what": "amount", "row": "seed1-masks-0.2"},
    {"what": "amount", "row": "seed2-masks-0.4"},
]


def test_every_amount_has_its_mean_and_spread_and_so_have_the_chosen():
    dense, low, high, chosen = over_seeds(MODELS, CHOSEN)
    assert [row["model"] for row in (dense, low, high, chosen)] == [
        "dense", "masks-0.2", "masks-0.4", "masks (chosen)"
    ]  # fmt: skip
    assert dense["seeds"] == [1, 2]
    assert dense["eval"]["top1"] == pytest.approx({"mean": 0.8, "spread": math.sqrt(0.02)})
    assert dense["eval"]["difference"] is None
    assert dense["test"]["top1"]["mean"] == pytest.approx(0.7)
    assert low["eval"]["difference"] == pytest.approx({"mean": -0.1, "spread": 0})
    assert low["test"] is None  # of one seed alone
    assert chosen["test"]["top1"]["mean"] == pytest.approx(0.6)


def test_one_seed_is_no_repetition():
    assert over_seeds(MODELS[:3], CHOSEN[:1]) == ()


def test_figures_that_were_not_finite_do_not_count():
    broken = model("dense", 3, 0.5)
    broken["eval"]["loss"] = None
    (dense, *_) = over_seeds([*MODELS, broken], [])
    assert dense["eval"]["loss"]["mean"] == pytest.approx(0.2)


def test_figures_beyond_all_reckoning_have_no_spread():
    huge = [model("dense", seed, share) for seed, share in ((1, 1.7e308), (2, -1.7e308))]
    (dense,) = over_seeds(huge, [])
    assert dense["eval"]["top1"] is None
