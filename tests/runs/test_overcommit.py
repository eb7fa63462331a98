"""Live runs that compute with more threads than the machine has cores are reported."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import scripted

from vitac_tui.cli import main
from vitac_tui.runs import status
from vitac_tui.runs.directory import ENVIRONMENT_SCHEMA, RunDir
from vitac_tui.runs.overcommit import overcommitment
from vitac_tui.system.process import this_process

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def live(root: Path, name: str, threads: int, device: str = "cpu", host: str = "") -> RunDir:
    run = scripted(root, name, state="running", epochs=1, sweep=False)
    here = this_process()
    process = replace(here, host=host or here.host)
    status.write(run.status, replace(status.read(run.status), process=process))
    made = json.loads(run.environment.read_text())
    more = {"schema": ENVIRONMENT_SCHEMA, "threads": threads, "device": device}
    run.environment.write_text(json.dumps({**made, **more}))
    return run


def test_two_live_runs_that_share_the_cores_are_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        live(tmp_path, name, CORES)
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert f"2 live runs compute with {2 * CORES} threads on {CORES} cores" in line


def test_runs_that_do_not_share_the_cores_are_not_reported(tmp_path: Path) -> None:
    alone = live(tmp_path, "alone", CORES + 1)
    on_gpu = live(tmp_path, "gpu", CORES, device="cuda:0")
    elsewhere = live(tmp_path, "elsewhere", CORES, host="gpu07")
    finished = scripted(tmp_path, "finished")
    paused = live(tmp_path, "paused", CORES)
    status.write(paused.status, replace(status.read(paused.status), state="paused"))
    broken = live(tmp_path, "broken", CORES)
    broken.environment.write_text("{")
    assert overcommitment([alone, on_gpu, elsewhere, finished, paused, broken]) == ""
