"""Sweeps of a real model: refined, stopped early, interrupted, and in full."""

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
RULES = [(0.1, False), (0.3, True)]  # max_drop and strict
NOTHING = (0.0, True)  # no amount can be shown to be within it
Row = dict[str, Any]


def preset(
    place: Path, name: str, sweeps: dict[str, str], rule: tuple[float, bool], latency: float = 0.0
) -> Path:
    """Write a preset with these sweeps of the trained model."""
    max_drop, strict = rule
    parts = [PRUNED.format(max_drop=max_drop, strict=str(strict).lower(), latency=latency)]
    for variant, amount in sweeps.items():
        parts.append(VARIANT.format(name=variant, amount=amount))
    path = place / f"{name}.toml"
    path.write_text("\n".join(parts))
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, vitac_tui: Command) -> Path:
    """Return a folder with a trained run that has 54 validation images in 18 groups."""
    folder = tmp_path_factory.mktemp("sweeps")
    root = write_stripes(folder / "data", groups=15)
    (folder / "trained.toml").write_text(TRAINED.format(root=root))
    done = vitac_tui("--batch", "trained.toml", "--run", "trained", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pruned(place: Path, vitac_tui: Command) -> Callable[[tuple[float, bool]], Path]:
    """Return a function that makes the run with all sweeps under a rule, once per rule."""

    def run(rule: tuple[float, bool]) -> Path:
        name = f"drop{rule[0]}-{rule[1]}"
        folder = place / "runs" / name
        if not folder.exists():
            done = vitac_tui("--batch", preset(place, name, SWEEPS, rule), "--run", name, cwd=place)
            assert done.returncode == 0, done.stderr
        return folder

    return run


def swept(run: Path, variant: str) -> dict[float, Row]:
    """Return the rows of a sweep by amount."""
    return {row["amount"]: row for row in results_of(run)["models"] if row["variant"] == variant}


def whole(run: Path, variant: str) -> dict[float, Row]:
    """Return the rows evaluated on all images, by amount."""
    return {a: row for a, row in swept(run, variant).items() if "stopped" not in row["eval"]}


def chosen(run: Path, variant: str) -> tuple[float, str]:
    """Return the selected amount and its rule."""
    selected = results_of(run)["selected"]
    (choice,) = [choice for choice in selected if choice["variant"] == variant]
    amount = 0.0 if choice["row"] == "dense" else float(choice["row"].removeprefix(f"{variant}-"))
    return amount, choice["rule"]


@pytest.mark.parametrize("rule", [*RULES, NOTHING])
def test_stopping_early_changes_no_choice(
    pruned: Callable[..., Path], rule: tuple[float, bool]
) -> None:
    run = pruned(rule)
    (exact, rule_text), (early, early_text) = chosen(run, "exact"), chosen(run, "early")
    assert exact == early
    assert early_text.startswith(rule_text)
    assert 0.3 in whole(run, "early")  # no amount stops before one is within the limit


@pytest.mark.parametrize("rule", RULES)
def test_a_refined_sweep_finds_what_a_sweep_in_such_steps_does(
    pruned: Callable[..., Path], rule: tuple[float, bool]
) -> None:
    run, (max_drop, strict) = pruned(rule), rule
    amount, rule_text = chosen(run, "refined")
    rows = swept(run, "refined")
    assert len(rows) <= 3 + 3
    grid = {}
    for at, row in swept(run, "grid").items():
        against = row["eval"]["against_dense"]
        grid[at] = -against["low" if strict else "difference"] <= max_drop + 1e-9
    assert grid[amount]
    # A strict search tests each amount at a fraction of the level, so it may end earlier.
    assert strict or not grid[round(amount + STEP, 2)]
    assert f"found to within {STEP} with {len(rows)} amounts" in rule_text


def test_if_no_amount_is_within_the_limit_all_are_evaluated_in_full(
    pruned: Callable[..., Path],
) -> None:
    run = pruned(NOTHING)
    assert chosen(run, "early")[0] == 0.0
    assert chosen(run, "early")[1].startswith("no amount is shown")
    assert results_of(run)["models"][0]["test"] is not None  # the dense model stays
    assert len(whole(run, "early")) == 5
    assert len(whole(run, "refined")) == 3  # even the dense model cannot be shown to be within it


@pytest.mark.parametrize("rule", RULES)
def test_full_rows_are_bit_identical_although_images_were_shuffled(
    pruned: Callable[..., Path], rule: tuple[float, bool]
) -> None:
    run = pruned(rule)
    for variant, other in (("early", "exact"), ("refined", "grid")):
        alike = whole(run, variant).keys() & swept(run, other).keys()
        assert alike
        for at in alike:
            scores, exact = (swept(run, name)[at]["eval"] for name in (variant, other))
            assert_same(exact, scores)


def test_a_row_stopped_early_covers_the_evaluated_images_only(pruned: Callable[..., Path]) -> None:
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
    assert len(set(labels[seen["row"]])) == 3  # a sample of all classes, not the first class
    top1 = [
        np.mean(top5[:, 0] == labels[seen["row"]]) for top5 in (seen["top5"], full["top5"][place])
    ]
    assert scores["top1"] == pytest.approx(top1[0])
    assert scores["against_dense"]["difference"] == pytest.approx(top1[0] - top1[1])


def test_images_saved_are_counted(pruned: Callable[..., Path]) -> None:
    run = pruned(RULES[0])
    rows = swept(run, "early")
    seen, of = sum(row["eval"]["images"] for row in rows.values()), 5 * 54
    stopped = len(rows) - len(whole(run, "early"))
    assert stopped
    suffix = f"; {stopped} of 5 amounts stopped early ({seen} of {of} images scored)"
    assert chosen(run, "early")[1].endswith(suffix)


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


def test_an_interrupted_search_ends_with_the_same_result(
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
