"""Run directories that somebody else wrote: damaged, of a newer version, or meant to do harm."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from vitac_tui.cli import main
from vitac_tui.experiment import presets
from vitac_tui.runs import directory, events, jsontext, log, results, status
from vitac_tui.runs.lock import Process

ESCAPE = "\x1b]0;owned\x07\x9b31m\u202e"


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


SCORES = {
    "split": "val", "images": 2, "top1": 0.5, "top1_low": 0.4, "top1_high": 0.6, "top5": None,
    "loss": 1.5, "per_class": [{"class": "a", "images": 2, "top1": 0.5}], "confusion": [[2]],
}  # fmt: skip


def said(text: str) -> list[events.Event]:
    """A whole small log, with a text wherever a text may stand."""
    dataset = {
        "layout": text, "modality": text, "classes": 2, "images": {"train": 5, text: 2},
        "verdict": text, "warnings": [text], "fingerprint": text,
    }  # fmt: skip
    training = {
        "seed": 0, "learning_rate": 1e-3, "state": text, "epochs": 2, "wall_s": 1.5,
        "img_per_s": 30.0, "metrics": {"val": {"loss": 1.0, "top1": 0.5}},
    }  # fmt: skip
    model = {
        "id": text, "variant": text, "amount": None, "rung": text, "seed": 0,
        "steps": [{"method": "ln_structured"}],
        "parameters": 10, "valid_weights": 8, "nonzero": 8, "macs": 100, "bytes": 40, "latency": [],
        "eval": SCORES | {"split": text}, "test": None,
    }  # fmt: skip
    return [
        events.RunStarted(1, text, text, text, text, text, [0]),
        events.DatasetReady(dataset),
        events.TrainingFinished(training),
        events.ModelEvaluated(model),
        events.Selected("amount", text, 0, text, text, text),
        events.TestEvaluated(text, SCORES),
        events.Note(text, text),
        events.RequestAnswered(text, text, text, text),
        events.RunEnded("finished", text, 0, 1.5),
    ]


def make_run(root: Path, name: str, text: str = "x") -> directory.RunDir:
    """A finished run, without having run."""
    run = directory.create(
        root, name, presets.load("demo"), {"schema": 1, "process": vars(Process("h", 1, 1))}
    )
    with log.EventLog(run.events) as written:
        for event in said(text):
            written.append(event)
    table = results.project(name, log.read(run.events))
    run.results.write_bytes(jsontext.document(table))
    status.write(run.status, status.Status("finished", Process("h", 1, 1), 1.0, 2.0, text))
    return run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


NOT_FILES = [make_pipe, make_folder, make_device, make_huge]


@pytest.mark.parametrize("make", NOT_FILES)
@pytest.mark.parametrize("name", ["status.json", "events.jsonl", "results.json"])
def test_what_is_no_file_holds_nobody_up(
    place: Path, make: Callable[[Path], None], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run(place / "runs", "good")
    bad = make_run(place / "runs", "bad").path / name
    bad.unlink()
    make(bad)
    assert main(["runs"]) == 0
    listed = capsys.readouterr().out
    assert re.search(r"^ *good +finished", listed, re.MULTILINE)
    if name != "results.json":  # the log tells its figures without it
        assert f"bad: {name}: " in listed
    for command in ("show", "follow"):
        code = main([command, "bad"])
        shown = capsys.readouterr()
        assert code == (2 if name == "events.jsonl" else 0)
        assert shown.err.count("events.jsonl: is no") == (name == "events.jsonl")
    assert main(["replay", "bad"]) == 2
    assert "Traceback" not in capsys.readouterr().err


NEWER = '{"schema": 2, "state": 5, "models": {}}'


@pytest.mark.parametrize("name", ["status.json", "results.json", "events.jsonl"])
def test_a_newer_form_is_refused_by_its_number(
    place: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(place / "runs", "new")
    first = '{"t":1,"seq":1,"kind":"run_started","unit":"","schema":2,"run":{"a":1}}\n'
    (run.path / name).write_text(first if name == "events.jsonl" else NEWER)
    expected = f"{name}: its record has form 2, this version reads 1"
    for command in ("show", "follow", "attach", "resume"):
        assert main([command, "new"]) == 2
        shown = capsys.readouterr()
        assert (shown.out, shown.err.count("\n")) == ("", 1)
        assert expected in shown.err
    assert main(["runs"]) == 0
    assert f"new: {expected}" in capsys.readouterr().out


def broken(line: str) -> list[str]:
    """A line with each of its values replaced by one of another type."""
    data = json.loads(line)
    wrong: tuple[object, ...] = ({}, [], "x", 7.5, None, True, 10**400)
    variants = [{**data, key: value} for key in data for value in wrong]
    for key, inner in data.items():
        if isinstance(inner, dict):
            variants += [{**data, key: {**inner, name: bad}} for name in inner for bad in wrong]
    return [json.dumps(variant) for variant in variants]


def test_no_wrong_type_in_a_log_breaks_a_reader(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(place / "runs", "bad")
    lines = run.events.read_text().splitlines()
    run.events.write_text("\n".join(bad for line in lines for bad in broken(line)) + "\n")
    for arguments in (["show"], ["show", "--json"], ["follow"], ["follow", "--json"]):
        assert main([*arguments, "bad"]) == 0, capsys.readouterr().err
    assert main(["runs"]) == 0


@pytest.mark.parametrize(
    "content", ["[]", "null", "x", "[" * 100_000, '{"schema": 1, "models": 5}']
)
def test_broken_results_are_a_sentence_to_replay_and_nothing_to_others(
    place: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(place / "runs", "bad")
    run.results.write_text(content)
    (run.path / "environment.json").write_text("[]")
    assert main(["replay", "bad"]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert ".json: is not" in shown.err
    assert main(["show", "--json", "bad"]) == 0
    assert json.loads(capsys.readouterr().out)["models"][0]["id"] == "x"
    assert main(["runs"]) == 0


def test_nothing_that_a_file_says_is_obeyed_by_a_terminal(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(place / "runs", "bad", ESCAPE)
    preset = place / "evil.toml"
    preset.write_text(
        run.experiment.read_text().replace('notes = ""', f"notes = {json.dumps(ESCAPE)}")
    )
    run.path.rename(run.path.with_name(f"bad{ESCAPE}"))
    for arguments in (
        ["runs"], ["runs", "--json"], ["runs", "--clean"], ["show"], ["show", "--json"],
        ["follow"], ["follow", "--json"], ["replay", "bad"], ["stop", "bad"],
        ["preset", "show", "evil.toml"],
    ):  # fmt: skip
        main(arguments)
        shown = capsys.readouterr()
        assert not set(shown.out + shown.err) & set(ESCAPE) - set("]0;owned31m"), arguments


def test_json_keeps_what_it_escapes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f"grün 布 {ESCAPE}\udcfc"
    make_run(place / "runs", "a", text)
    main(["show", "--json", "a"])
    shown = capsys.readouterr().out
    assert "grün 布" in shown
    assert "\\u009b31m\\u202e\\udcfc" in shown
    assert json.loads(shown)["models"][0]["id"] == text


def test_the_footer_explains_a_star_where_there_is_one(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(place / "runs", "a")
    main(["show", "a"])
    assert "* chosen there" in capsys.readouterr().out
    lines = [line for line in run.events.open() if '"selected"' not in line]
    run.events.write_text("".join(lines))
    main(["show", "a"])
    assert "chosen" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "name, make",
    [
        *((name, make) for name in ("log.txt", "events.jsonl", "lock") for make in NOT_FILES[:2]),
        ("checkpoints", make_pipe),
    ],
)
def test_a_run_that_cannot_be_written_is_not_resumed(
    place: Path,
    name: str,
    make: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = make_run(place / "runs", "bad")
    status.write(run.status, status.Status("stopped", Process("h", 1, 1), 1.0, 2.0))
    path = run.path / name
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    make(path)
    assert main(["resume", "bad"]) == 2
    assert name in capsys.readouterr().err.splitlines()[-1]
