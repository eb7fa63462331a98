"""Who may read a run is the umask's to say; its requests are for the owner alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAKE = """
import os, sys
from pathlib import Path
os.umask(int(sys.argv[1], 8))
from corpus.runs import make_run
from vitac_tui.runs import claim, control
run = make_run(Path("runs"), "run")
with claim.claimed(run):
    control.ask(run.control, "stop")
"""


@pytest.mark.parametrize(
    "umask, folder, file", [("0022", 0o755, 0o644), ("0027", 0o750, 0o640), ("0077", 0o700, 0o600)]
)
def test_a_run_has_the_mode_that_the_umask_gives(
    tmp_path: Path, environment: dict[str, str], umask: str, folder: int, file: int
) -> None:
    paths = [str(Path(__file__).parents[1]), environment.get("PYTHONPATH", "")]
    subprocess.run(
        [sys.executable, "-c", MAKE, umask],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        check=True,
    )
    run = tmp_path / "runs/run"
    assert (run / "control").stat().st_mode & 0o777 == 0o700
    for made in (run, *run.rglob("*")):
        if made.name != "control":
            assert made.stat().st_mode & 0o777 == (folder if made.is_dir() else file), made
