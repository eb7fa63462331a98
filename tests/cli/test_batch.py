"""A preset from the command line to its results, as a real process."""

import csv
import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import PATIENCE_S, TINY, Command, Live, assert_same, refused, results_of, write_stripes
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from vitac_tui.cli import main
from vitac_tui.runs import selection


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def finished(vitac_tui: Command, tiny: Path, place: Path) -> Path:
    done = vitac_tui("--batch", tiny, "--run", "whole", "--json", cwd=place)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == results_of(place / "runs/whole")
    return place / "runs/whole"


def test_a_run_leaves_everything_that_the_design_promises(finished: Path) -> None:
    present = {path.name for path in finished.iterdir()}
    assert present >= {
        "experiment.toml",
        "environment.json",
        "samples.csv",
        "status.json",
        "events.jsonl",
        "control",
        "checkpoints",
        "predictions",
        "tensorboard",
        "results.json",
        "log.txt",
    }
    assert sorted(path.name for path in (finished / "checkpoints").glob("*.json")) == [
        "channels-finetuned.json",
        "dense.json",
        "masks-0.9.json",
    ]
    assert not list(finished.glob("**/.tmp-*"))
    assert not (finished / "checkpoints/resume.pt").exists()


def test_results_have_a_row_for_every_model_in_order(finished: Path) -> None:
    results = results_of(finished)
    assert results["state"] == "finished"
    assert [row["id"] for row in results["models"]] == [
        "dense",
        "masks-0.3",
        "masks-0.9",
        "channels",
        "channels-bn",
        "channels-finetuned",
    ]
    assert [row["rung"] for row in results["models"][3:]] == ["raw", "bn", "finetuned"]
    assert all(row["eval"]["split"] == "val" for row in results["models"])
    assert results["dataset"]["images"] == {"train": 18, "val": 9, "test": 9}
    assert results["dataset"]["groups"] == {"train": 6, "val": 3, "test": 3}


def test_what_the_split_leaks_stands_in_the_results_and_on_the_table(
    vitac_tui: Command, finished: Path
) -> None:
    dataset = results_of(finished)["dataset"]
    near = {split: found["judgement"] for split, found in dataset["near_copies"].items()}
    assert near == {"val": "leak", "test": "clean"}  # stripes match wherever they are regular
    assert dataset["verdict"].startswith("leak: 3 of 9 validation images have a near-dup")
    assert set(dataset["near_copies"]) == set(dataset["probes"]) == {"val", "test"}
    shown = vitac_tui("show", "whole", cwd=finished.parent.parent).stdout
    assert f"data: {dataset['verdict']}" in " ".join(shown.split())  # long lines are wrapped


def test_test_figures_exist_for_final_models_alone(finished: Path) -> None:
    tested = [row["id"] for row in results_of(finished)["models"] if row["test"]]
    assert tested == ["dense", "masks-0.9", "channels-finetuned"]


def test_the_choice_was_sealed_before_test_was_read(finished: Path) -> None:
    kinds = [json.loads(line)["kind"] for line in (finished / "events.jsonl").open()]
    last_choice = len(kinds) - 1 - kinds[::-1].index("selected")
    assert last_choice < kinds.index("test_evaluated")
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_ended"


def test_predictions_are_kept_by_row_of_the_sample_table(finished: Path) -> None:
    import numpy as np

    rows = (finished / "samples.csv").read_text().splitlines()[1:]
    kept = np.load(finished / "predictions/dense.val.npz")
    assert len(kept["row"]) == 9
    assert all(",val," in rows[row] for row in kept["row"])
    assert kept["top5"].shape == kept["probability"].shape


def test_accuracies_know_of_groups_and_pruned_models_are_compared(finished: Path) -> None:
    import numpy as np

    rows = results_of(finished)["models"]
    for row in rows:
        for scores in filter(None, (row["eval"], row["test"])):
            assert (scores["interval"], scores["groups"]) == ("groups", 3)
            assert scores["top1_low"] <= scores["top1"] <= scores["top1_high"]
            assert scores["vote"]["low"] <= scores["vote"]["top1"] <= scores["vote"]["high"]
    assert rows[0]["eval"]["against_dense"] is None

    table = list(csv.DictReader((finished / "samples.csv").open()))
    names = sorted({sample["class_name"] for sample in table})
    for split in ("val", "test"):
        row = results_of(finished)["models"][2]
        scores = row["eval" if split == "val" else "test"]
        right = []
        for model in ("dense", "masks-0.9"):
            kept = np.load(finished / f"predictions/{model}.{split}.npz")
            labels = [names.index(table[number]["class_name"]) for number in kept["row"]]
            right.append(kept["top5"][:, 0] == labels)
        against = scores["against_dense"]
        assert against["lost"] == (right[0] & ~right[1]).sum()
        assert against["gained"] == (right[1] & ~right[0]).sum()
        assert against["difference"] == (against["gained"] - against["lost"]) / 9
        assert against["low"] <= against["difference"] <= against["high"]


def test_the_rule_carries_its_evidence_and_few_groups_are_said(finished: Path) -> None:
    (choice,) = results_of(finished)["selected"]
    assert "points on the same 9 images in 3 groups: " in choice["rule"]
    assert choice["rule"] == selection.rule(choice)
    assert (choice["rule_name"], choice["images"]) == ("largest_amount", 9)
    notes = [line for line in (finished / "events.jsonl").open() if '"note"' in line]
    for split in ("val", "test"):
        assert sum(f"3 groups in {split}: with fewer than 8" in note for note in notes) == 1


def test_no_training_row_carries_test_figures(finished: Path) -> None:
    assert all(set(row["metrics"]) == {"train", "val"} for row in results_of(finished)["training"])


def test_tensorboard_reads_the_training_back(finished: Path) -> None:
    board = EventAccumulator(str(finished / "tensorboard/rate/0")).Reload()
    assert {"loss", "learning_rate", "train_loss", "val_top1"} <= set(board.Tags()["scalars"])
    assert len(board.Scalars("val_top1")) == 2


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["show", "whole"], "masks-0.9 *"),
        (["runs"], "whole"),
        (["follow", "whole"], "finished after"),
        (["show"], "masks set weights to zero"),
        (["show"], "groups kept together (3 in val, 3 in test)"),
        (["show"], "points against dense (p"),
    ],
)
def test_a_run_is_read_back(
    vitac_tui: Command, finished: Path, arguments: list[str], expected: str
) -> None:
    done = vitac_tui(*arguments, cwd=finished.parents[1])
    assert done.returncode == 0
    assert expected in done.stdout
    assert done.stderr == ""


def test_the_resolved_preset_runs_the_same_experiment_bit_for_bit(
    vitac_tui: Command, finished: Path
) -> None:
    place = finished.parents[1]
    again = vitac_tui("--batch", finished / "experiment.toml", "--run", "again", cwd=place)
    assert again.returncode == 0, again.stderr
    assert_same(results_of(finished), results_of(place / "runs/again"))
    for card in (finished / "checkpoints").glob("*.json"):
        other = place / "runs/again/checkpoints" / card.name
        assert json.loads(card.read_text())["sha256"] == json.loads(other.read_text())["sha256"]


def test_a_run_made_in_fp16_is_done_again_in_fp16(
    vitac_tui: Command, finished: Path, tmp_path: Path
) -> None:
    """As on another machine: its GPU is not here, its arithmetic is."""
    source = tmp_path / "runs/half"
    shutil.copytree(finished, source)
    made_with = json.loads((source / "environment.json").read_text())
    made_with["precision"] = "fp16"
    (source / "environment.json").write_text(json.dumps(made_with))
    done = vitac_tui(
        "replay", "half", "--run", "again", "--set", "evaluate.latency_s=0.05", cwd=tmp_path
    )
    assert done.returncode in (0, 3), done.stderr  # the copied figures are of fp32
    again = tmp_path / "runs/again"
    assert json.loads((again / "environment.json").read_text())["precision"] == "fp16"
    results = results_of(again)
    latencies = [timed for row in results["models"] for timed in row["latency"]]
    assert {timed["dtype"] for timed in latencies} == {"fp16"}
    assert results["training"][0]["state"] == "finished"


def test_a_finished_run_is_left_alone(vitac_tui: Command, finished: Path) -> None:
    before = (finished / "events.jsonl").read_bytes()
    done = vitac_tui("resume", "whole", cwd=finished.parents[1])
    assert done.returncode == 0
    assert "is finished" in done.stderr
    assert (finished / "events.jsonl").read_bytes() == before


def test_pruning_can_start_from_a_finished_run(vitac_tui: Command, finished: Path) -> None:
    place = finished.parents[1]
    done = vitac_tui(
        "--batch", "study-visual-compose-b", "--run", "from", "--set", "from_run=who",
        "--set", "evaluate.latency_s=0", "--json", cwd=place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results, source = json.loads(done.stdout), results_of(finished)
    assert results["training"] == []
    assert results["dataset"]["fingerprint"] == source["dataset"]["fingerprint"]
    dense = [row["eval"]["top1"] for row in (results["models"][0], source["models"][0])]
    assert dense[0] == dense[1]


@pytest.mark.parametrize(
    "name, content, sets, expected",
    [
        ("dense.json", b"", [], "dense.json: is not a model card"),
        ("dense.json", b'{"schema": 2}', [], "dense.json: was saved by another version"),
        ("dense.safetensors", b"torn", [], "dense.safetensors: is not the file"),
        ("", b"", ["model.arch=resnet34"], "is a resnet18 with 3 outputs, not a resnet34 with 3"),
    ],
)
def test_a_model_that_cannot_be_pruned_on_is_known_before_there_is_a_run(
    finished: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes,
    sets: list[str],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "source"
    shutil.copytree(finished, source)
    if name:
        (source / "checkpoints" / name).write_bytes(content)
    options = [part for text in [f"from_run={source}", *sets] for part in ("--set", text)]
    assert expected in refused(["--quiet", "--batch", "study-visual-compose-b", *options], capsys)
    assert not (tmp_path / "runs").exists()


TRAINING, RECOVERING = '"epoch":1', '"unit":"variant/channels/point/0/epoch/1"'


@pytest.mark.parametrize(
    "number, code, moment",
    [
        (signal.SIGTERM, 75, TRAINING),
        (signal.SIGINT, 130, RECOVERING),
        (signal.SIGKILL, -9, TRAINING),
        (signal.SIGKILL, -9, RECOVERING),
    ],
)
def test_a_run_that_was_ended_goes_on_to_the_same_figures(
    vitac_tui: Command,
    finished: Path,
    tiny: Path,
    place: Path,
    environment: dict[str, str],
    number: signal.Signals,
    code: int,
    moment: str,
) -> None:
    name = f"{number.name}-{'train' if moment == TRAINING else 'recover'}"
    running = Live(tiny, place, name, environment)
    running.wait_for(moment)
    running.process.send_signal(number)
    running.process.communicate(timeout=PATIENCE_S)
    assert running.process.returncode == code
    state = json.loads((running.run / "status.json").read_text())["state"]
    assert state == ("running" if number is signal.SIGKILL else "stopped")
    done = vitac_tui("--batch", tiny, "--run", name, cwd=place)  # the line of a requeued script
    assert done.returncode == 0, done.stderr
    assert_same(results_of(finished), results_of(running.run))
    board = EventAccumulator(str(running.run / "tensorboard/rate/0")).Reload()
    drawn = [event.step for event in board.Scalars("loss")]
    assert drawn == sorted(set(drawn))  # what was done again is drawn once
    for card in (finished / "checkpoints").glob("*.json"):
        other = running.run / "checkpoints" / card.name
        assert json.loads(card.read_text())["sha256"] == json.loads(other.read_text())["sha256"]


def test_a_deadline_ends_with_75_and_a_resumable_run(
    vitac_tui: Command, tiny: Path, place: Path
) -> None:
    done = vitac_tui("--batch", tiny, "--run", "deadline", "--max-time", "0.2s", cwd=place)
    assert done.returncode == 75
    assert "--max-time" in done.stdout
    assert json.loads((place / "runs/deadline/status.json").read_text())["exit_code"] == 75


@pytest.fixture
def live(
    tiny: Path, place: Path, environment: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[Live]:
    running = Live(tiny, place, request.node.name[:60], environment)
    yield running
    running.end()


def test_a_live_run_is_not_written_by_a_second_process(
    live: Live, vitac_tui: Command, tiny: Path, place: Path
) -> None:
    live.wait_for("unit_started")
    second = vitac_tui("--batch", tiny, "--run", live.run.name, cwd=place)
    assert second.returncode == 2
    (said,) = second.stderr.splitlines()  # before anything is checked
    assert f"process {live.process.pid}" in said


def test_a_run_outlives_its_terminal(live: Live) -> None:
    live.wait_for("unit_started")
    live.process.send_signal(signal.SIGHUP)
    live.process.stderr.close()
    assert live.process.wait(timeout=PATIENCE_S) == 0


def test_steps_before_the_last_recover_too_and_every_row_can_be_tested(
    vitac_tui: Command, tiny: Path, tmp_path: Path
) -> None:
    preset = tmp_path / "p.toml"
    preset.write_text(
        tiny.read_text().partition("[[variant]]")[0]
        + """
[[prune]]
method = "global_unstructured"
amount = {sweep = [0.2, 0.4]}
recover = {bn_batches = 2, epochs = 1}

[[prune]]
method = "ln_structured"
layers = ["fc"]
amount = 0.0
"""
    )
    done = vitac_tui("--batch", preset, "--set", "evaluate.test=all", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    steps = ["main-{}-step1", "main-{}-step1-bn", "main-{}-step1-finetuned", "main-{}"]
    expected = [step.format(amount) for amount in (0.2, 0.4) for step in steps]
    assert [row["id"] for row in results["models"]] == ["dense", *expected]
    assert all(row["test"] for row in results["models"])
    assert "removed nothing" in done.stderr


def test_seeds_repeat_the_whole_experiment(vitac_tui: Command, tiny: Path, tmp_path: Path) -> None:
    done = vitac_tui(
        "--batch", tiny, "--set", "seeds=[3, 4]", "--set", "train.epochs=1", "--json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert [row["seed"] for row in results["training"]] == [3, 4]
    ids = [row["id"] for row in results["models"]]
    assert ids[0] == "seed3-dense"
    assert [name.replace("seed4", "seed3") for name in ids[6:]] == ids[:6]
    losses = [row["eval"]["loss"] for row in results["models"] if row["variant"] == "dense"]
    assert losses[0] != losses[1]


@pytest.mark.parametrize(
    "sets, expected",
    [
        (["variant.channels.name=masks-0.3"], "would also have a row 'masks-0.3'"),
        (
            ["variant.channels.name=masks-0.4", "variant.masks.prune.0.amount.refine=0.1"],
            "a refined amount of variant masks may also have a row 'masks-0.4'",
        ),
        (["variant.channels.name=rate-0"], "is a reserved name"),
        (["dataset.root=nowhere"], "nowhere"),
        (["variant.masks.prune.0.layers=['fc']"], "unknown key here"),
        (["variant.channels.prune.0.protect=['fd']"], "variant.channels.prune.0.protect"),
        (["model.num_classes=2"], "model.num_classes: 2 outputs are too few for 3 classes"),
        (["dataset.split.val=0"], "a sweep must be compared on validation images"),
        (["dataset.split.val=0.6", "dataset.split.test=0.6"], "no images are left for training"),
        (["dataset.group=nothing_(x)"], "dataset.group"),
        (["train.epochs=0"], "there is nothing to train"),
        (["model.weights=nowhere.pt"], "nowhere.pt"),
        (["device=cuda:7"], "device"),
        (["from_run=unknown"], "no run 'unknown'"),
    ],
)
def test_what_can_be_known_before_leaves_no_run_behind(
    tiny: Path,
    tmp_path: Path,
    sets: list[str],
    expected: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    options = [part for text in sets for part in ("--set", text)]
    before = signal.getsignal(signal.SIGTERM)
    try:  # in this process, which has torch already
        assert main(["--batch", str(tiny), *options]) == 2
    finally:
        signal.signal(signal.SIGTERM, before)
    shown = capsys.readouterr()
    *said, error = shown.err.splitlines()
    assert shown.out == ""
    assert said in ([], ["checking the experiment, its data and this machine"])
    assert expected in error
    assert list(tmp_path.iterdir()) == []


def test_unreadable_images_are_counted_and_named_or_end_the_run(
    vitac_tui: Command, tmp_path: Path
) -> None:
    root = write_stripes(tmp_path / "data")
    (root / "class0/g0_0.png").write_bytes(b"\x89PNG broken")
    preset = tmp_path / "p.toml"
    preset.write_text(TINY.format(root=root))
    refused = vitac_tui("--batch", preset, "--run", "a", cwd=tmp_path)
    assert refused.returncode == 3
    assert "g0_0.png" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert results_of(tmp_path / "runs/a")["state"] == "failed"
    sets = ["--set", "dataset.max_corrupt=0.1", "--set", "train.epochs=1"]
    done = vitac_tui("--batch", preset, "--run", "b", *sets, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    dataset = results_of(tmp_path / "runs/b")["dataset"]
    assert dataset["corrupt"] == 1
    assert any("g0_0.png" in warning for warning in dataset["warnings"])


def test_a_diverging_rate_is_a_row_and_not_the_end(
    vitac_tui: Command, tiny: Path, tmp_path: Path
) -> None:
    done = vitac_tui(
        "--batch", tiny, "--run", "a", "--set", "train.learning_rate=[1e30, 1e-3]",
        "--set", "variant=[]", "--set", "train.optimizer=sgd", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert [row["state"] for row in results["training"]] == ["diverged", "finished"]
    assert results["selected"][0]["row"] == 1e-3
    assert results["models"][0]["training"] == 1


def test_the_demo_preset_is_small() -> None:
    from vitac_tui.experiment import presets

    dataset = presets.load("demo").dataset
    assert dataset.classes * dataset.presses * dataset.frames <= 600  # type: ignore[attr-defined]
