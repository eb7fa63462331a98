"""Runs of any name and with any status stand in the list without spoiling it."""

import json
from pathlib import Path

import pytest
from scripted import scripted

from vitac_tui.cli import main

LONG = "x" * 255
HOSTILE = "a\x1b]0;title\x07b"


def test_a_long_name_and_an_absurd_status_leave_the_list_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scripted(tmp_path, "plain")
    run = scripted(tmp_path, "other")
    run.path.rename(tmp_path / LONG)
    path = tmp_path / LONG / "status.json"
    text = json.loads(path.read_text())
    path.write_text(json.dumps(text | {"fraction": -5.0, "state": "paused"}))
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "-500 %" not in shown
    assert f"{'x' * 63}…" in shown
    assert LONG not in shown
    (head,) = [line for line in shown.splitlines() if "state" in line]
    assert "top-1 %" in head  # there is room for other columns
    assert "plain" in shown


def test_a_name_cannot_talk_to_the_terminal_through_resume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = scripted(tmp_path, "plain")
    run.path.rename(tmp_path / HOSTILE)
    assert main(["resume", str(tmp_path / HOSTILE)]) == 0
    said = capsys.readouterr().err
    assert "is finished" in said
    assert "\x1b" not in said
