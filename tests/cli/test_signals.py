"""Signals to a run, from its first moment on: none loses work or the exit code."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import PATIENCE_S, Command, Live

from vitac_tui.runs import status

LONG = ("--set", "train.epochs=200")
SLOW = ("--set", "dataset.image_size=320", "--set", "train.batch_size=18")  # a second per batch
HARMLESS = (signal.SIGHUP, signal.SIGUSR2)
ENDING = (signal.SIGTERM, signal.SIGUSR1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signals")


@contextmanager
def live(
    tiny: Path, place: Path, name: str, environment: dict[str, str], *more: str
) -> Iterator[Live]:
    running = Live(tiny, place, name, environment, *more)
    try:
        yield running
    finally:
        running.end()


def starting(process: "subprocess.Popen[str]") -> None:
    """Wait until a process checks its experiment; its imports are still to come."""
    assert process.stderr is not None
    assert "checking" in process.stderr.readline()


def test_a_starting_run_survives_a_lost_terminal_and_a_request_for_a_checkpoint(
    tiny: Path, place: Path, environment: dict[str, str]
) -> None:
    with live(tiny, place, "harmless", environment) as early:
        starting(early.process)
        for number in HARMLESS:
            early.process.send_signal(number)
        assert early.process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("number", ENDING)
def test_a_starting_run_that_is_ended_by_a_scheduler_exits_with_75(
    number: signal.Signals, tiny: Path, place: Path, environment: dict[str, str]
) -> None:
    with live(tiny, place, number.name, environment) as early:
        starting(early.process)
        early.process.send_signal(number)
        assert early.process.wait(PATIENCE_S) == 75


def test_a_starting_resume_survives_harmless_signals_and_exits_with_75_on_sigterm(
    tiny: Path, place: Path, environment: dict[str, str]
) -> None:
    with live(tiny, place, "again", environment, *LONG) as first:
        first.wait_for('"epoch":1')
    process = subprocess.Popen(
        [sys.executable, "-m", "vitac_tui", "resume", "again"],
        cwd=place,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        starting(process)
        for number in (*HARMLESS, signal.SIGTERM):
            process.send_signal(number)
        assert process.wait(PATIENCE_S) == 75


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_signals_are_handled_before_torch_is_imported(
    tiny: Path, place: Path, environment: dict[str, str]
) -> None:
    with live(tiny, place, "first", environment) as early:
        proc = Path(f"/proc/{early.process.pid}")
        end = time.monotonic() + PATIENCE_S
        while not handled(proc / "status"):
            assert "libtorch" not in (proc / "maps").read_text()
            assert time.monotonic() < end, "no handlers"
            time.sleep(0.001)
        assert "libtorch" not in (proc / "maps").read_text()


def handled(proc_status: Path) -> bool:
    masks = dict(line.split(":\t") for line in proc_status.read_text().splitlines())
    either = int(masks["SigIgn"], 16) | int(masks["SigCgt"], 16)
    return all(either >> (number - 1) & 1 for number in (*HARMLESS, *ENDING))


def test_ctrl_c_after_sigterm_still_saves_a_checkpoint(
    tiny: Path, place: Path, environment: dict[str, str], vitac_tui: Command
) -> None:
    with live(tiny, place, "both", environment, *SLOW) as running:
        running.wait_for('"unit":"rate/0/epoch/1"')
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(PATIENCE_S) == 75
        known = status.read(running.run / "status.json")
        assert (known.state, known.reason) == ("stopped", "SIGTERM")
        assert (running.run / "checkpoints/resume.pt").exists()


def test_sigusr1_saves_a_checkpoint_and_exits_with_75(
    tiny: Path, place: Path, environment: dict[str, str]
) -> None:
    with live(tiny, place, "usr1", environment, *LONG) as running:
        running.wait_for('"epoch":1')
        running.process.send_signal(signal.SIGUSR1)
        assert running.process.wait(PATIENCE_S) == 75
        known = status.read(running.run / "status.json")
        assert (known.state, known.reason) == ("stopped", "SIGUSR1")
        assert (running.run / "checkpoints/resume.pt").exists()
