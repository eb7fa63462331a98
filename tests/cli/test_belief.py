"""Figures that are not what they seem: a model judged on its own training images, and a control."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from support import TINY, Command, refused, results_of, write_stripes

from vitac_tui.models.card import read_card
from vitac_tui.models.lineage import lineage_of
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.interrupt import Interrupter
from vitac_tui.worker.preview.preview import TryOut

OTHER_SPLIT = "dataset.split={test=0.25,val=0.25,seed=3}"
PRUNE = '[[prune]]\nmethod = "global_unstructured"\namount = 0.3\n'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory with a preset that trains, and one that prunes what was trained."""
    place = tmp_path_factory.mktemp("belief")
    tiny = TINY.format(root=write_stripes(place / "set"))
    (place / "train.toml").write_text(tiny)
    (place / "prune.toml").write_text(tiny + PRUNE)
    return place


@pytest.fixture(scope="module")
def trained(vitac_tui: Command, place: Path) -> Path:
    return done(vitac_tui, place, "trained", "train.toml")


@pytest.fixture(scope="module")
def control(vitac_tui: Command, place: Path) -> Path:
    options = sets("dataset.shuffle_labels=true", "train.epochs=4")
    return done(vitac_tui, place, "control", "train.toml", *options)


def done(vitac_tui: Command, place: Path, name: str, preset: str, *options: str) -> Path:
    ended = vitac_tui("--quiet", "--batch", preset, "--run", name, *options, cwd=place)
    assert ended.returncode == 0, ended.stderr
    return place / "runs" / name


def sets(*texts: str) -> list[str]:
    return [part for text in texts for part in ("--set", text)]


def seen_of(run: Path, split: str, source: Path) -> list[int]:
    """Images of a split of a run that were training images of another, and how many there are."""

    def hashes(of: Path, named: str) -> list[str]:
        rows = csv.DictReader((of / "samples.csv").open())
        return [row["content_hash"] for row in rows if row["split"] == named]

    held = hashes(run, split)
    return [len(set(held) & set(hashes(source, "train"))), len(held)]


@pytest.mark.parametrize(
    "preset, named",
    [
        ("prune.toml", lambda run: [f"from_run={run}", OTHER_SPLIT]),
        ("train.toml", lambda run: [OTHER_SPLIT, f"model.weights={run}/checkpoints/dense.json"]),
    ],
)
@pytest.mark.parametrize("cache", ["off", "cache"])
def test_a_model_is_not_judged_on_its_training_images(
    place: Path,
    trained: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    preset: str,
    named: Any,
    cache: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = [text.replace("dense.json", "dense.safetensors") for text in named(trained)]
    options = sets(f"dataset.cache={cache}", *texts)
    line = refused(["--quiet", "--batch", str(place / preset), *options], capsys)
    setting = texts[-1].partition("=")[0] if preset == "train.toml" else "from_run"
    assert f"{setting}: the model was trained on " in line
    assert "of 9 validation and " in line
    assert "of 9 test images, such as class" in line
    assert "--allow-overlap" in line
    assert not (tmp_path / "runs").exists()


def test_an_overlap_that_is_allowed_is_marked_on_every_table(
    vitac_tui: Command, place: Path, trained: Path
) -> None:
    options = ["--allow-overlap", *sets(f"from_run={trained}", OTHER_SPLIT)]
    run = done(vitac_tui, place, "overlapping", "prune.toml", *options)
    (mark,) = results_of(run)["dataset"]["marks"]
    (val, of_val), (test, of_test) = (seen_of(run, split, trained) for split in ("val", "test"))
    assert f"{val} of {of_val} validation and {test} of {of_test} test images, such as" in mark
    assert mark.startswith("overlap: the model was trained on ")
    for command in (["show", run.name], ["runs"], ["follow", run.name]):
        assert mark in " ".join(vitac_tui(*command, cwd=place).stdout.split())
    tried = TryOut(RunDir(run)).score([], False, Interrupter(), lambda *_, **__: None)
    assert tried["note"] == mark
    assert "allow_overlap = true" in (run / "experiment.toml").read_text()
    again = vitac_tui("--quiet", "replay", run.name, "--run", "again", cwd=place)
    assert again.returncode == 0, again.stderr
    assert results_of(place / "runs/again")["dataset"]["marks"] == [mark]


def test_a_model_that_was_trained_on_keeps_the_images_of_both(
    vitac_tui: Command, place: Path, trained: Path
) -> None:
    weights = trained / "checkpoints/dense.safetensors"
    options = ["--allow-overlap", *sets(f"model.weights={weights}", OTHER_SPLIT, "train.epochs=1")]
    run = done(vitac_tui, place, "further", "train.toml", *options)
    first, second = (
        lineage_of(read_card(of / "checkpoints/dense.json"), of) for of in (trained, run)
    )
    assert first.images < second.images


def test_the_models_own_split_and_foreign_weights_pass(
    vitac_tui: Command, place: Path, trained: Path
) -> None:
    run = done(vitac_tui, place, "pruned", "prune.toml", *sets(f"from_run={trained}"))
    assert results_of(run)["dataset"]["marks"] == []
    bare = place / "bare.safetensors"
    bare.write_bytes((trained / "checkpoints/dense.safetensors").read_bytes())
    options = sets(f"model.weights={bare}", OTHER_SPLIT, "train.epochs=0")
    run = done(vitac_tui, place, "foreign", "train.toml", *options)
    assert results_of(run)["dataset"]["marks"] == []
    assert "their training images are unknown" in (run / "events.jsonl").read_text()
    card = read_card(run / "checkpoints/dense.json")
    assert not lineage_of(card, run).images  # it was not trained here


def test_a_control_falls_to_chance_and_says_what_it_is(
    vitac_tui: Command, place: Path, control: Path
) -> None:
    results = results_of(control)
    (mark,) = results["dataset"]["marks"]
    assert mark.startswith("control: training labels are shuffled")
    for split in ("eval", "test"):
        assert results["models"][0][split]["top1_low"] <= 1 / 3  # as far as nine images tell
    shown = " ".join(vitac_tui("show", "control", cwd=place).stdout.split())
    assert mark in shown
    assert "is within chance (33.3 %), as expected of a control" in shown
    assert mark in " ".join(vitac_tui("runs", cwd=place).stdout.split())


def test_what_is_made_of_a_control_stays_one(
    vitac_tui: Command, place: Path, control: Path
) -> None:
    pruned = done(vitac_tui, place, "of-control", "prune.toml", *sets(f"from_run={control}"))
    assert results_of(pruned)["dataset"]["marks"] == results_of(control)["dataset"]["marks"]
    options = sets(f"from_run={control}", "dataset.shuffle_labels=false")
    unshuffled = done(vitac_tui, place, "unshuffled", "prune.toml", *options)
    assert results_of(unshuffled)["dataset"]["marks"] == [
        "control: the model was trained on shuffled labels"
    ]
    listed = json.loads(vitac_tui("runs", "--json", cwd=place).stdout)
    marked = {row["run"] for row in listed if any("control" in mark for mark in row["marks"])}
    assert marked == {"control", "of-control", "unshuffled"}
