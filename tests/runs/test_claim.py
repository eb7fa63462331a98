"""A new run belongs to the process that makes it, from the moment that it can be seen."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import PATIENCE_S

from vitac_tui.errors import UserError
from vitac_tui.experiment import presets
from vitac_tui.runs.claim import claimed, created
from vitac_tui.system.process import this_process

RUNS = 40
#: Claims each run as soon as its directory can be seen.
RIVAL = """
import os, sys
from pathlib import Path
from vitac_tui.errors import UserError
from vitac_tui.system.lock import RunLock
from vitac_tui.system.process import Process

root = Path(sys.argv[1])
print("ready", flush=True)
for number in range(int(sys.argv[2])):
    while not os.path.exists(root / f"run{number}" / "experiment.toml"):
        pass
    try:
        RunLock(root / f"run{number}" / "lock").acquire(Process("", 0, 0))
    except UserError as problem:
        print("refused" if "is being written" in str(problem) else problem, flush=True)
    else:
        print("claimed", flush=True)
"""


def made_with() -> dict[str, object]:
    return {"schema": 1, "process": vars(this_process())}


def test_no_other_process_can_claim_a_run_that_is_just_being_made(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RIVAL, str(tmp_path), str(RUNS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as rival:
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
        answers = []
        for number in range(RUNS):
            with created(tmp_path, f"run{number}", presets.load("demo"), made_with()):
                answers.append(rival.stdout.readline())
        assert rival.wait(PATIENCE_S) == 0
    assert set(answers) == {"refused\n"}


def test_a_run_that_fails_before_its_first_event_is_removed(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match="no log"),
        created(tmp_path, "run", presets.load("demo"), made_with()),
    ):
        raise UserError("no log")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_another_process_put_in_its_place_is_left_alone(tmp_path: Path) -> None:
    def fail_after_it_was_replaced() -> None:
        with created(tmp_path, "run", presets.load("demo"), made_with()) as run:
            shutil.rmtree(run.path)
            with created(tmp_path, "run", presets.load("demo"), made_with()):
                pass
            raise UserError("no log")

    with pytest.raises(UserError, match="no log"):
        fail_after_it_was_replaced()
    assert (tmp_path / "run" / "experiment.toml").is_file()


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    with created(tmp_path, "run", presets.load("demo"), made_with()) as run:
        assert run.lock.exists()
    with claimed(run):
        pass
