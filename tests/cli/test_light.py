"""Commands that only read: they answer at once, without torch, and say what is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vitac_tui.cli import main
from vitac_tui.commands.options import duration

WITHOUT_TORCH = """
import sys
from vitac_tui.cli import main
code = main(sys.argv[1:])
heavy = {"torch", "torchvision", "torch_pruning", "tensorboard"} & set(sys.modules)
assert not heavy, heavy
sys.exit(code)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["presets"],
        ["preset", "show", "demo"],
        ["preset", "schema"],
        ["runs"],
        ["--batch", "nope"],
        ["--batch", "demo", "--set", "train.epochs=-1"],
        [],
    ],
)
def test_light_commands_import_no_torch(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "AssertionError" not in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)


@pytest.mark.parametrize("position", ["before", "after"])
def test_common_options_stand_before_or_after_the_command(
    position: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--set", "train.epochs=7", "--set", "seed=3"]
    command = ["preset", "show", "demo"]
    arguments = options + command if position == "before" else command + options
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "epochs = 7" in shown
    assert "seed = 3" in shown


def test_options_on_both_sides_of_the_command_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--set", "seed=3", "preset", "show", "demo", "--set", "train.epochs=7"]) == 0
    shown = capsys.readouterr().out
    assert "epochs = 7" in shown
    assert "seed = 3" in shown


def test_presets_have_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert all(len(line) < 120 for line in lines)


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preset", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert "learning_rate" in schema["$defs"]["TrainSettings"]["properties"]


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["--batch", "nope"], "no preset 'nope'"),
        (["nonsense"], "invalid choice: 'nonsense'"),
        (["--batch"], "expected one argument"),
        (["show", "nothing", "--runs", "here"], "no run 'nothing'"),
        (["show", "--runs", "here"], "no runs"),
        (["--batch", "demo", "--max-time", "soon"], "'soon' is not a duration"),
        (["--batch", "demo", "--set", "a"], "'a' is not a setting"),
        (["dataset", "check", "nowhere"], "nowhere"),
        (
            ["dataset", "check", ".", "--set", "train.epochs=5"],
            "--set train.epochs: not a setting of the dataset; use a key that begins with dataset.",
        ),
        (["stop", ""], "is empty; give a name"),
        (["replay", ""], "is empty; give a name"),
        (["--batch", ""], "--batch: is empty; give a name"),
        (["--batch", "demo", "--run", ""], "--run: is empty; give a name"),
        (["--batch", "demo", "show", "a"], "--batch runs a preset and takes no command"),
        (["--batch", "demo", "demo"], "--batch runs a preset and takes no command"),
        (["attach", "--json"], "--json has no meaning for attach"),
        (["preset", "show", "demo", "--json"], "--json has no meaning for preset show"),
        (["--batch", "demo", "--json", "--detach"], "--json has no meaning with --detach"),
        (["runs", "--max-time", "3h"], "--max-time has no meaning for runs"),
        (["runs", "--unused", "3"], "--unused has no meaning without --clean"),
        (["runs", "--clean", "--unused", "-1"], "'-1' is not a number of days"),
        (["runs", "--clean", "--unused", "nan"], "'nan' is not a number of days"),
        (["runs", "--clean", "--json"], "--json has no meaning with --clean"),
        (["resume", "a", "--run", "b"], "--run has no meaning for resume"),
        (["show", "a", "--set", "seed=1"], "--set has no meaning for show"),
        (["--batch", "demo", "--max-time", "0"], "'0' must be longer than 0"),
        (["--batch", "demo", "--max-time", "0h0m"], "'0h0m' must be longer than 0"),
        (["--batch", "demo", "--max-time", "٣h"], "'٣h' is not a duration"),
        (["--batch", "demo", "--run", "a" * 300], "is no name for a run"),
        (["--batch", "demo", "--run", "a\0"], "a\\x00: contains a NUL character"),
        (["show", "a" * 5000], "no run"),
        (["show", "a/" * 5000], "no run"),
        (["show", "--runs", "r" * 300], "no runs"),
        (["show", "p\udcfc"], "p\\udcfc: is not UTF-8 text"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert main(arguments) == 2
        assert list(tmp_path.iterdir()) == []
    shown = capsys.readouterr()
    assert shown.out == ""
    assert expected in shown.err
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize(
    "text, seconds",
    [("3h50m", 13800), ("90m", 5400), ("45s", 45), ("12", 12), ("1h0m1.5s", 3601.5)],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


def test_output_survives_an_ascii_terminal(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vitac_tui", "--batch", "prüfung\x1b[31m"],
        cwd=tmp_path,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"pr\\xfcfung\\x1b[31m" in done.stderr
