"""A run with compiled steps, killed and gone on with, as real processes."""

import json
import os
import time
from pathlib import Path

import pytest
from support import PATIENCE_S, Command, Live, assert_same, results_of

COMPILE = ("--set", "train.compile=true", "--set", "variant=[]")


def processes(place: Path) -> list[int]:
    """Those that work in a folder or compile into it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            at_work = (entry / "cwd").readlink() == place
            environ = (entry / "environ").read_bytes()
        except OSError:
            continue
        if (at_work or str(place).encode() in environ) and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


@pytest.mark.slow
def test_a_run_killed_while_it_compiles_leaves_no_process_and_goes_on_to_the_same_figures(
    vitac_tui: Command, tiny: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    killed = Live(tiny, tmp_path, "killed", environment, *COMPILE)
    status = killed.run / "status.json"
    end = time.monotonic() + PATIENCE_S
    while not (status.exists() and json.loads(status.read_text())["unit"] == "rate/0/compile"):
        assert time.monotonic() < end
        assert killed.process.poll() is None
        time.sleep(0.05)
    killed.process.kill()
    killed.process.communicate(timeout=PATIENCE_S)
    end = time.monotonic() + 10
    while processes(tmp_path) and time.monotonic() < end:
        time.sleep(0.05)
    assert processes(tmp_path) == []
    for name in ("killed", "whole"):
        done = vitac_tui("--batch", tiny, "--run", name, *COMPILE, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "compiling took" in done.stderr
    runs = tmp_path / "runs"
    assert_same(results_of(runs / "killed"), results_of(runs / "whole"))
