"""A run on another host, seen and controlled from this one by its directory alone.

The other host is a process with a host name of its own (a UTS namespace), which is all that a run
knows of hosts.
"""

import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support import PATIENCE_S, Command, Live, results_of

from vitac_tui.runs import status

ELSEWHERE = ("unshare", "--user", "--map-root-user", "--uts", "sh", "-c")


@pytest.fixture
def far(tiny: Path, tmp_path: Path, environment: dict[str, str]) -> Iterator[Live]:
    """A long run on the host gpu07."""
    try:
        subprocess.run([*ELSEWHERE, "hostname gpu07"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"no host names of one's own here: {problem}")
    running = Live(
        tiny, tmp_path, "far", environment, "--set", "train.epochs=200", through=on_gpu07
    )
    yield running
    running.end()


def on_gpu07(command: list[str]) -> list[str]:
    return [*ELSEWHERE, f"hostname gpu07 && exec {shlex.join(command)}"]


def test_a_run_on_another_host_is_seen_and_controlled_by_its_directory(
    far: Live, vitac_tui: Command
) -> None:
    place = far.run.parents[1]
    far.wait_for('"epoch":1')
    known = status.read(far.run / "status.json")
    assert known.process.host == "gpu07"

    far.process.send_signal(signal.SIGSTOP)
    silent = replace(known, heartbeat=time.time() - 300)
    status.write(far.run / "status.json", silent)
    listed = vitac_tui("runs", cwd=place).stdout
    assert "running" in listed
    assert "far: no word for 5 min" in listed
    assert "from gpu07" in listed
    refused = vitac_tui("resume", "far", cwd=place)
    assert refused.returncode == 2
    (said,) = refused.stderr.splitlines()
    assert f"far: is being written by process {far.process.pid} on gpu07" in said
    far.process.send_signal(signal.SIGCONT)

    paused = vitac_tui("pause", "far", cwd=place)
    assert (paused.returncode, paused.stdout) == (0, "far: pausing after the current batch\n")
    assert status.shown(status.read(far.run / "status.json"))[0] == "paused"
    assert "no word" not in vitac_tui("runs", cwd=place).stdout
    stopped = vitac_tui("stop", "far", cwd=place)
    assert (stopped.returncode, stopped.stdout) == (0, "far: stopping after the current batch\n")
    assert far.process.wait(PATIENCE_S) == 4
    assert results_of(far.run)["state"] == "stopped"
    assert status.read(far.run / "status.json").process.host == "gpu07"
