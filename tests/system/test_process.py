"""Processes are identified by pid and start time, by /proc or, without it, by psutil."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vitac_tui.system import process
from vitac_tui.system.process import Process, is_alive, started, this_process


@pytest.fixture(params=["proc", "psutil"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Identify processes as this system does, then as one without /proc."""
    if request.param == "psutil":
        monkeypatch.setattr(process, "_PROC", tmp_path)
    elif not Path("/proc/self/stat").exists():
        pytest.skip("this system has no /proc")
    return str(request.param)


@pytest.fixture
def child() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as made:
        yield made
        made.kill()


def identified(child: "subprocess.Popen[bytes]") -> Process:
    return replace(this_process(), pid=child.pid, started=started(child.pid))


@pytest.mark.usefixtures("source")
def test_a_process_is_alive_until_it_ends(child: "subprocess.Popen[bytes]") -> None:
    known = identified(child)
    assert known.started > 0
    assert is_alive(known)
    child.kill()
    child.wait()
    assert is_alive(known) is False


@pytest.mark.usefixtures("source")
def test_a_process_that_nobody_has_waited_for_is_not_alive(
    child: "subprocess.Popen[bytes]",
) -> None:
    known = identified(child)
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended and stays
    time.sleep(0.01)
    assert is_alive(known) is False


@pytest.mark.usefixtures("source")
def test_a_pid_that_was_used_again_is_another_process() -> None:
    here = this_process()
    assert is_alive(here)
    assert is_alive(replace(here, started=here.started - 1000)) is False


@pytest.mark.usefixtures("source")
def test_a_process_whose_start_is_unknown_counts_as_alive() -> None:
    assert is_alive(replace(this_process(), started=0))


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("pid", [2**22 + 1, 2**40])
def test_a_pid_that_nobody_has_is_not_alive(pid: int) -> None:
    assert started(pid) == 0
    assert is_alive(Process(os.uname().nodename, pid, 1)) is False
