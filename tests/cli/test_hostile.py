"""What is listed, shown and followed of run directories that somebody else wrote.

How each is refused where it is needed is in the corpus (tests/corpus).
"""

import json
import re
from pathlib import Path

import pytest
from corpus.nofiles import NO_FILES, instead_of
from corpus.runs import FIRST, NEWER, make_run

from vitac_tui.cli import main

ESCAPE = "\x1b]0;owned\x07\x9b31m\u202e"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


@pytest.mark.parametrize("what", NO_FILES)
@pytest.mark.parametrize("name", ["status.json", "events.jsonl", "results.json"])
def test_what_is_no_file_is_listed_and_holds_nobody_up(
    place: Path, what: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run(place / "runs", "good")
    make_run(place / "runs", "bad")
    instead_of(f"runs/bad/{name}", what)(place)
    assert main(["runs"]) == 0
    listed = capsys.readouterr().out
    assert re.search(r"^ *good +finished", listed, re.MULTILINE)
    unreadable = name == "status.json" or (name == "events.jsonl" and what != "nothing")
    assert (f"bad: {name}: " in listed) == unreadable  # without results, the log tells them


@pytest.mark.parametrize("name", ["status.json", "results.json", "events.jsonl"])
def test_a_newer_form_is_listed_by_its_number(
    place: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(place / "runs", "new")
    (run.path / name).write_text(FIRST % 2 if name == "events.jsonl" else NEWER)
    assert main(["runs"]) == 0
    said = f"new: {name}: its record has form 2, this version reads 1"
    assert said in capsys.readouterr().out


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


def test_broken_results_are_nothing_to_who_reads_the_log(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(place / "runs", "bad")
    run.results.write_text('{"schema": 1, "models": 5}')
    assert main(["show", "--json", "bad"]) == 0
    assert json.loads(capsys.readouterr().out)["models"][0]["id"] == "x"


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
    assert "* selected" in capsys.readouterr().out
    lines = [line for line in run.events.open() if '"selected"' not in line]
    run.events.write_text("".join(lines))
    main(["show", "a"])
    assert "chosen" not in capsys.readouterr().out
