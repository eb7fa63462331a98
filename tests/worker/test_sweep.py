"""Sweeps of a real model: refined, stopped early, killed in between, and in full."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import Command, Live, assert_same, results_of, write_stripes

from vitac_tui.runs import events, log

TRAINED = """\
name = "trained"
precision = "fp32"
[dataset]
layout = "folder"
root = "{root}"
group = "g([0-9]+)_"
image_size = 32
split = {{test = 0.2, val = 0.4}}
cache = "off"
[model]
arch = "resnet18"
[train]
epochs = 12
batch_size = 16
learning_rate = 1e-3
"""
PRUNED = """\
name = "pruned"
from_run = "trained"
precision = "fp32"
[evaluate]
latency_s = {latency}
batch_size = 6
[select]
max_drop = {max_drop}
strict = {strict}
"""
VARIANT = """\
[[variant]]
name = "{name}"
[[variant.prune]]
method = "layer_unstructured"
amount = {{{amount}}}
"""
STEP = 0.05
COARSE = "sweep = [0.1, 0.5, 0.9]"
MIXED = "sweep = [0.3, 0.1, 0.5, 0.7, 0.95]"
SWEEPS = {
    "exact": MIXED,
    "early": f"{MIXED}, exact = false",
    "grid": f"sweep = {[round(0.1 + STEP * number, 2) for number in range(17)]}",
    "refined": f"{COARSE}, refine = {STEP}",
}
RULES = [(0.1, False), (0.2, True)]  # max_drop and strict
NOTHING = (0.0, True)  # that no amount can be shown to keep within
Row = dict[str, Any]


def preset(
    place: Path, name: str, sweeps: dict[str, str], rule: tuple[float, bool], latency: float = 0.0
) -> Path:
    """A preset that prunes the trained model by these sweeps."""
    max_drop, strict = rule
    parts = [PRUNED.format(max_drop=max_drop, strict=str(strict).lower(), latency=latency)]
    for variant, amount in sweeps.items():
        parts.append(VARIANT.format(name=variant, amount=amount))
    path = place / f"{name}.toml"
    path.write_text("\n".join(parts))
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, vitac_tui: Command) -> Path:
    """A folder with a trained run whose validation set has 54 images in 18 groups."""
    folder = tmp_path_factory.mktemp("sweeps")
    root = write_stripes(folder / "data", groups=15)
    (folder / "trained.toml").write_text(TRAINED.format(root=root))
    done = vitac_tui("--batch", "trained.toml", "--run", "trained", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pruned(place: Path, vitac_tui: Command) -> Callable[[tuple[float, bool]], Path]:
    """The run that sweeps the model in all ways under a rule; made once."""

    def run(rule: tuple[float, bool]) -> Path:
        name = f"drop{rule[0]}-{rule[1]}"
        folder = place / "runs" / name
        if not folder.exists():
            done = vitac_tui("--batch", preset(place, name, SWEEPS, rule), "--run", name, cwd=place)
            assert done.returncode == 0, done.stderr
        return folder

    return run


def swept(run: Path, variant: str) -> dict[float, Row]:
    """The rows of a sweep by their amounts."""
    return {row["amount"]: row for row in results_of(run)["models"] if row["variant"] == variant}


def whole(run: Path, variant: str) -> dict[float, Row]:
    """Those that were scored on all images."""
    return {a: row for a, row in swept(run, variant).items() if "stopped" not in row["eval"]}


def chosen(run: Path, variant: str) -> tuple[float, str]:
    """The amount that was chosen, and the rule."""
    selected = results_of(run)["selected"]
    (choice,) = [choice for choice in selected if choice["variant"] == variant]
    return float(choice["row"].removeprefix(f"{variant}-")), choice["rule"]


@pytest.mark.parametrize("rule", [*RULES, NOTHING])
def test_stopping_early_changes_no_choice(
    pruned: Callable[..., Path], rule: tuple[float, bool]
) -> None:
    run = pruned(rule)
    (exact, told), (early, told_early) = chosen(run, "exact"), chosen(run, "early")
    assert exact == early
    assert told_early.startswith(told)
    assert 0.3 in whole(run, "early")  # none stops before one is known to keep within


@pytest.mark.parametrize("rule", RULES)
def test_a_refined_sweep_finds_what_a_sweep_in_such_steps_does(
    pruned: Callable[..., Path], rule: tuple[float, bool]
) -> None:
    run, (max_drop, strict) = pruned(rule), rule
    amount, told = chosen(run, "refined")
    rows = swept(run, "refined")
    assert len(rows) <= 3 + 3
    grid = {}
    for at, row in swept(run, "grid").items():
        against = row["eval"]["against_dense"]
        grid[at] = -against["low" if strict else "difference"] <= max_drop + 1e-9
    assert grid[amount]
    assert not grid[round(amount + STEP, 2)]
    assert f"found to within {STEP} with {len(rows)} amounts" in told


def test_where_no_amount_keeps_within_every_one_is_scored_in_full(
    pruned: Callable[..., Path],
) -> None:
    run = pruned(NOTHING)
    assert chosen(run, "early")[1].startswith("no amount is shown")
    assert len(whole(run, "early")) == 5
    assert len(whole(run, "refined")) == 3  # nor is even the dense model shown to lose nothing


@pytest.mark.parametrize("rule", RULES)
def test_rows_in_full_are_the_same_to_the_last_bit_though_their_images_came_mixed(
    pruned: Callable[..., Path], rule: tuple[float, bool]
) -> None:
    run = pruned(rule)
    for variant, other in (("early", "exact"), ("refined", "grid")):
        alike = whole(run, variant).keys() & swept(run, other).keys()
        assert alike
        for at in alike:
            scores, exact = (swept(run, name)[at]["eval"] for name in (variant, other))
            assert_same(exact, scores)


def test_a_row_stopped_early_is_of_the_images_seen_alone(pruned: Callable[..., Path]) -> None:
    run = pruned(RULES[0])
    row, dense = swept(run, "early")[0.95], results_of(run)["models"][0]
    scores = row["eval"]
    assert scores["stopped"]["of"] == dense["eval"]["images"] > scores["images"]
    assert (
        scores["stopped"]["why"]
        == "even with all remaining images correct, it would drop by more than 10 points"
    )
    assert (scores["per_class"], scores["confusion"], scores["vote"]) == ([], [], None)
    with (run / "samples.csv").open() as file:
        labels = np.array([int(line["class"]) for line in csv.DictReader(file)])
    seen, full = (np.load(run / f"predictions/{name}.val.npz") for name in (row["id"], "dense"))
    place = np.searchsorted(full["row"], seen["row"])
    assert np.array_equal(full["row"][place], seen["row"])
    assert len(place) == scores["images"]
    assert np.all(np.diff(place) > 0)
    assert len(set(labels[seen["row"]])) == 3  # a sample of all, not the first class
    top1 = [
        np.mean(said[:, 0] == labels[seen["row"]]) for said in (seen["top5"], full["top5"][place])
    ]
    assert scores["top1"] == pytest.approx(top1[0])
    assert scores["against_dense"]["difference"] == pytest.approx(top1[0] - top1[1])


def test_images_saved_are_counted(pruned: Callable[..., Path]) -> None:
    run = pruned(RULES[0])
    rows = swept(run, "early")
    seen, of = sum(row["eval"]["images"] for row in rows.values()), 5 * 54
    stopped = len(rows) - len(whole(run, "early"))
    assert stopped
    told = f"; {stopped} of 5 amounts stopped early ({seen} of {of} images scored)"
    assert chosen(run, "early")[1].endswith(told)


def test_test_images_are_opened_after_the_last_amount_is_chosen(
    pruned: Callable[..., Path],
) -> None:
    records = list(log.read(pruned(RULES[0]) / "events.jsonl"))
    kinds = [type(record.event) for record in records]
    last = max(n for n, kind in enumerate(kinds) if kind is events.ModelEvaluated)
    assert last < kinds.index(events.TestEvaluated)
    (planned,) = [event.units for _, event in _of(records, events.Plan)]
    finished = {unit for unit, _ in _of(records, events.UnitFinished)}
    assert finished <= {name for name, _ in planned}


def _of(records: list[events.Record], kind: type[Any]) -> list[tuple[str, Any]]:
    return [(record.unit, record.event) for record in records if isinstance(record.event, kind)]


def test_a_search_killed_and_torn_ends_like_an_undisturbed_one(
    pruned: Callable[..., Path], place: Path, environment: dict[str, str], vitac_tui: Command
) -> None:
    undisturbed = pruned(RULES[0])
    path = preset(place, "slow", {"refined": SWEEPS["refined"]}, RULES[0], latency=0.1)
    live = Live(path, place, "killed", environment)
    live.wait_for('"unit_started","unit":"variant/refined/point/4/')
    live.end()
    assert '"selected"' not in (live.run / "events.jsonl").read_text()
    copy = place / "runs" / "torn"
    shutil.copytree(live.run, copy)
    text = (copy / "events.jsonl").read_bytes()
    (copy / "events.jsonl").write_bytes(text[: text.rindex(b"variant/refined/point/3/")])
    for name in ("killed", "torn"):
        done = vitac_tui("resume", name, cwd=place)
        assert done.returncode == 0, done.stderr
        run = place / "runs" / name
        for found in (swept, chosen):
            one, other = found(undisturbed, "refined"), found(run, "refined")
            assert_same(one, other)
        assert len(list((run / "predictions").glob("refined-*.val.npz"))) == len(
            swept(run, "refined")
        )
