"""Architectures and pruning steps of other installed packages."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import documented, install, results_of

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Runs the command, or code, where the packages in these folders are installed."""

    def run(*arguments: str, installed: Path, code: str = "") -> subprocess.CompletedProcess[str]:
        program = ["-c", code] if code else ["-m", "vitac_tui"]
        return subprocess.run(
            [sys.executable, *program, *arguments],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": f"{installed}:{Path(__file__).parents[2]}"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_documented_package_is_used_by_a_real_run(tmp_path: Path, command: Run) -> None:
    installed = install(tmp_path / "site", documented())
    preset = str(installed / "preset.toml")
    done = command("--batch", preset, "--run", "r", installed=installed)
    assert done.returncode == 0, done.stderr
    rows = {row["id"]: row for row in results_of(tmp_path / "runs" / "r")["models"]}
    (step,) = rows["main"]["steps"]
    assert (step["method"], step["kind"], step["requested"]) == ("threshold", "masks", None)
    assert rows["main"]["valid_weights"] < rows["dense"]["valid_weights"]
    assert rows["main"]["parameters"] == rows["dense"]["parameters"]
    shown = command("show", "r", installed=installed)
    assert "main" in shown.stdout
    resolved = (tmp_path / "runs" / "r" / "experiment.toml").read_text()
    assert "below = 0.02" in resolved


def test_settings_of_a_plug_in_are_validated_like_built_in_ones(
    tmp_path: Path, command: Run
) -> None:
    installed = install(tmp_path / "site", documented())
    preset = str(installed / "preset.toml")

    def refused(*sets: str) -> str:
        arguments = [part for text in sets for part in ("--set", text)]
        done = command("--batch", preset, *arguments, installed=installed)
        assert done.returncode == 2, done.stderr
        return done.stderr.splitlines()[-1]

    assert "prune.0.below: must be at most 1, not 2" in refused("prune.0.below=2")
    assert "prune.0.belw: unknown key (did you mean 'below'?)" in refused("prune.0.belw=0.1")
    assert "prune.0.layers: 'nope' matches no layer" in refused('prune.0.layers=["nope"]')
    assert "'treshold' is not known (did you mean 'threshold'?)" in refused(
        "prune.0.method=treshold"
    )
    assert "unknown architecture 'mobilenet_v3_smal' (did you mean 'mobilenet_v3_small'?)" in (
        refused("model.arch=mobilenet_v3_smal")
    )


def test_the_schema_lists_plug_ins_without_torch(tmp_path: Path, command: Run) -> None:
    installed = install(tmp_path / "site", documented())
    code = """
import json, sys
from vitac_tui.experiment.fields import fields
from vitac_tui.experiment.settings import Experiment
schema = Experiment.model_json_schema(by_alias=True)
assert "below" in schema["$defs"]["Threshold"]["properties"]
by_key = {(field.key, field.when): field for field in fields()}
assert ("prune.N.below", ("prune.N.method", "threshold")) in by_key
assert "threshold" in by_key["prune.N.method", None].choices
known = by_key["model.arch", None].choices
assert known["mobilenet_v3_small"] == "MobileNetV3 and pruning by a threshold"
assert "torch" not in sys.modules
"""
    done = command(installed=installed, code=code)
    assert done.returncode == 0, done.stderr


def broken(step: str = "gone_steps.raises:Gone") -> dict[str, str]:
    """A package with entry points for a step and a network called `gone`, neither of use."""
    return {
        "pyproject.toml": f"""
[project]
name = "gone-steps"
version = "0.3"
[project.entry-points."vitac_tui.pruning_steps"]
gone = "{step}"
[project.entry-points."vitac_tui.architectures"]
gone = "gone_steps.nets:build"
""",
        "gone_steps/__init__.py": "",
        "gone_steps/text.py": "Gone = 'no class'\nraised = 1 / 1\n",
        "gone_steps/raises.py": "raise OSError('no licence')\n",
        "gone_steps/vague.py": (
            "from vitac_tui.experiment.prune import Step\nclass Gone(Step):\n    kind = 'masks'\n"
        ),
    }


@pytest.mark.parametrize(
    "value, why",
    [
        ("gone_steps.steps:Gone", "ModuleNotFoundError: No module named 'gone_steps.steps'"),
        ("gone_steps.raises:Gone", "OSError: no licence"),
        ("gone_steps.text:Gone", "gone_steps.text:Gone is not a subclass of Step"),
        ("gone_steps.vague:Gone", "Gone does not declare 'implementation'"),
    ],
)
def test_a_broken_step_is_named_with_its_package_only_if_it_is_asked_for(
    tmp_path: Path, command: Run, tiny: Path, value: str, why: str
) -> None:
    installed = install(tmp_path / "site", broken(value))
    asked = command(
        "--batch", str(tiny), "--set", "variant.channels.prune.0.method=gone", installed=installed
    )
    assert asked.returncode == 2
    (line,) = asked.stderr.splitlines()
    assert f"'gone' of gone-steps 0.3 cannot be used ({why})" in line
    listed = command("preset", "schema", installed=installed)
    assert listed.returncode == 0, listed.stderr
    assert '"Gone"' not in listed.stdout


def test_broken_plug_ins_do_not_disturb_a_run_without_them(
    tmp_path: Path, command: Run, tiny: Path
) -> None:
    installed = install(tmp_path / "site", broken())
    done = command("--batch", str(tiny), "--run", "r", installed=installed)
    assert done.returncode == 0, done.stderr
    assert "licence" not in done.stderr + done.stdout


def test_an_architecture_whose_code_is_missing_is_refused_before_the_run(
    tmp_path: Path, command: Run, tiny: Path
) -> None:
    installed = install(tmp_path / "site", broken())
    done = command("--batch", str(tiny), "--set", "model.arch=gone", installed=installed)
    assert done.returncode == 2
    line = done.stderr.splitlines()[-1]
    assert "gone_steps.nets:build cannot be imported" in line
    assert "install gone-steps again" in line
    assert not (tmp_path / "runs").exists()


def test_installed_packages_are_not_searched_for_built_in_names(
    tmp_path: Path, command: Run, tiny: Path
) -> None:
    code = f"""
import importlib.metadata, sys
from vitac_tui import cli
from vitac_tui.experiment import presets
def entry_points(**_): raise AssertionError("searched")
importlib.metadata.entry_points = entry_points
presets.load({str(tiny)!r})
for arguments in (["--help"], ["presets"], ["runs"]):
    assert cli.main(arguments) == 0
"""
    done = command(installed=tmp_path, code=code)
    assert done.returncode == 0, done.stderr
