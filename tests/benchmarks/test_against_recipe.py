"""The comparison with a hand-written script runs from any folder and reports a child's error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "against_recipe.py"


def compare(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the comparison in `folder` as a user of a plain checkout does."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    return subprocess.run(
        [sys.executable, SCRIPT, "--size", "32", "--epochs", "1", *arguments],
        cwd=folder,
        env={**environment, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


@pytest.mark.slow
def test_a_tiny_comparison_reports_every_task(stripes: Path, tmp_path: Path) -> None:
    done = compare(tmp_path, "--root", stripes, "--json", "numbers.json")
    assert done.returncode == 0, done.stderr
    assert "vitac-tui computes in" in done.stderr
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert numbers["images"] == 36
    assert set(numbers["recipe"]["seconds"]) == set(numbers["vitac-tui"]["seconds"])
    for task in numbers["recipe"]["seconds"]:
        assert task in done.stdout
    assert numbers["vitac-tui"]["found"]["nine in full"][1] == 9


def test_a_failed_child_is_reported_with_its_own_words(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = compare(tmp_path, "--root", empty)
    assert done.returncode == 1
    assert "exit code 2:" in done.stderr
    assert "vitac-tui: " in done.stderr
    assert "Traceback" not in done.stderr
