"""Datasets that a check takes though they are odd. Those that it refuses are in the corpus."""

import os
from pathlib import Path

import pytest
from support import refused, write_stripes

from vitac_tui.cli import main


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write_stripes(tmp_path / "set", size=16)


def test_one_class_is_a_finding_of_a_check_and_no_run(root: Path, capsys) -> None:
    for name in ("class0", "class2"):
        (root / name).rename(root / f".{name}")
    sets = ("--set", f"dataset.root={root}", "--set", "dataset.split.by=image")
    assert "only one class" in refused(["--quiet", "--batch", "folder", *sets], capsys)
    assert main(["dataset", "check", str(root), "--json"]) == 0
    assert "there is only one class, class1" in capsys.readouterr().out


def test_odd_names_and_what_is_no_file_do_not_matter(root: Path, capsys) -> None:
    for number, name in enumerate(("odd\n\x1b[2J", "odd\udcff", "o" * 255)):
        (root / f"class{number}").rename(root / name)
    os.mkfifo(root / "odd\udcff" / "pipe.png")
    assert main(["--quiet", "dataset", "check", str(root), "--json"]) == 0
    assert r"odd\\udcff" in capsys.readouterr().out
