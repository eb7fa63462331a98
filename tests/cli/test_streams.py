"""Standard streams that are closed, full or left by their reader."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support import results_of

FULL = "vitac-tui: stdout cannot be written (No space left on device)"


def call(
    arguments: str, cwd: Path, environment: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    """The command with a shell's redirections."""
    return subprocess.run(
        ["bash", "-c", f"{shlex.quote(sys.executable)} -m vitac_tui {arguments}"],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["presets", "--help", "--version", "preset show demo"])
def test_a_full_stdout_is_said_once(
    command: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    done = call(f"{command} >/dev/full", tmp_path, environment)
    assert (done.returncode, done.stderr.splitlines()) == (3, [FULL])


@pytest.mark.parametrize("command", ["presets", "preset schema", "--help", "runs"])
@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", ">&- 2>&-", "2>/dev/full"])
def test_a_closed_stream_is_like_the_null_device(
    command: str, streams: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    done = call(f"{command} {streams}", tmp_path, environment)
    assert done.returncode == 0
    assert "Error" not in done.stderr
    assert bool(done.stdout) == (not streams.startswith(">&-") and command != "runs")


@pytest.mark.parametrize("streams", [">&-", "2>&-", "2>/dev/full"])
def test_an_error_has_its_code_where_nobody_can_be_told(
    streams: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    assert call(f"--batch nope {streams}", tmp_path, environment).returncode == 2
    assert call(f"nonsense {streams}", tmp_path, environment).returncode == 2


def test_a_reader_that_leaves_is_no_error(tmp_path: Path, environment: dict[str, str]) -> None:
    done = call("preset schema | head -n 1; exit ${PIPESTATUS[0]}", tmp_path, environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


@pytest.mark.parametrize(
    "streams, code, said",
    [
        (">&- 2>&-", 0, []),
        ("--json --quiet >/dev/full", 3, [FULL]),
        ("2>/dev/full >/dev/null", 0, []),
    ],
)
def test_a_run_ends_on_record_whatever_becomes_of_its_streams(
    tiny: Path,
    tmp_path: Path,
    environment: dict[str, str],
    streams: str,
    code: int,
    said: list[str],
) -> None:
    short = "--set train.epochs=1 --set variant=[]"
    done = call(f"--batch {tiny} --run a {short} {streams}", tmp_path, environment)
    assert done.stderr.splitlines() == said
    assert done.returncode == code
    assert results_of(tmp_path / "runs/a")["state"] == "finished"
    assert json.loads((tmp_path / "runs/a/status.json").read_text())["exit_code"] == 0
    assert call("runs >/dev/full", tmp_path, environment).returncode == 3
