"""The installed command in a real terminal, with a real training behind it."""

import os
import signal
import time
from pathlib import Path

import pytest
from scripted import scripted
from support import PATIENCE_S, Terminal

from vitac_tui.runs import status
from vitac_tui.runs.directory import all_runs

LEAVES_S = 5.0  # a second by promise; a loaded test machine is given more


def state(place: Path) -> str:
    (run,) = all_runs(place / "runs")
    return status.shown(status.read(run.status))[0]


def becomes(place: Path, wanted: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while state(place) != wanted:
        assert time.monotonic() < end, state(place)
        time.sleep(0.05)


def test_a_run_outlives_its_terminal_and_is_attached_to_and_stopped(
    tiny: Path, place: Path, environment: dict[str, str]
) -> None:
    long = tiny.read_text().replace("epochs = 2", "epochs = 4000")
    (place / "long.toml").write_text(long)
    first = Terminal(cwd=place, env=environment)
    first.sees("No runs yet")
    first.types("n")
    first.sees("preset")
    first.types("long.toml\r")  # over the selected name
    first.sees("new run: tiny")
    first.types("g")
    first.sees("running")
    first.close()
    assert first.ends(LEAVES_S) == 75
    becomes(place, "running")
    second = Terminal("attach", cwd=place, env=environment, size=(120, 40))
    second.sees("running")
    second.sees("loss")
    second.types("s")
    becomes(place, "stopped")
    second.sees("stopped")
    second.types("q")
    second.sees("\x1b[?1049l")
    assert second.ends(LEAVES_S) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_app_and_gives_the_terminal_back(
    place: Path, environment: dict[str, str], number: signal.Signals
) -> None:
    scripted(place / "runs")
    shown = Terminal(cwd=place, env=environment)
    shown.sees("finished")
    os.kill(shown.process.pid, number)
    shown.sees("\x1b[?1049l")
    assert shown.ends(LEAVES_S) == 75


SLOW = """
import time
from vitac_tui.tui.services import run_actions
run_actions.start = lambda *_, **__: time.sleep(60)
from vitac_tui.cli import entry
entry()
"""


def test_leaving_does_not_wait_for_what_is_being_started(
    place: Path, environment: dict[str, str]
) -> None:
    terminal = Terminal(cwd=place, env=environment, program=("-c", SLOW))
    terminal.sees("No runs yet")
    terminal.types("d")
    terminal.sees("checking the experiment")
    terminal.types("q")
    terminal.sees("\x1b[?1049l")
    assert terminal.ends(LEAVES_S) == 0


def test_without_a_terminal_the_app_says_what_to_use_instead(vitac_tui, place: Path) -> None:
    scripted(place / "runs")
    for command in ((), ("attach",)):
        said = vitac_tui(*command, cwd=place)
        assert said.returncode == 2
        assert said.stderr.count("\n") == 1
        assert "needs a terminal" in said.stderr


CRASHES = """
import os, sys
from vitac_tui.tui.screens.runs import RunsScreen
def boom(self):
    os.write(1, b"stray output")
    raise ZeroDivisionError("a plot of nothing")
RunsScreen.action_sort = boom
from vitac_tui.cli import main
sys.exit(main([]))
"""


def test_a_crash_gives_the_terminal_back_and_then_says_where_the_log_is(
    place: Path, environment: dict[str, str]
) -> None:
    scripted(place / "runs")
    shown = Terminal(cwd=place, env=environment, program=("-c", CRASHES))
    shown.sees("finished")
    shown.types("o")
    shown.sees("\x1b[?1049l")
    shown.sees("unexpected error: ZeroDivisionError: a plot of nothing; see")
    assert shown.ends(LEAVES_S) == 3
    (log,) = Path(environment["HOME"]).rglob("app.log")
    assert "Traceback" in log.read_text()
    assert "stray output" in log.read_text()


def test_nohup_does_not_keep_the_app_alive_without_its_terminal(
    place: Path, environment: dict[str, str]
) -> None:
    ignoring = (
        "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from vitac_tui.cli import main; sys.exit(main([]))"
    )
    scripted(place / "runs")
    shown = Terminal(cwd=place, env=environment, program=("-c", ignoring))
    shown.sees("finished")
    shown.close()
    assert shown.ends(LEAVES_S) == 75


def test_a_terminal_that_goes_without_a_signal_takes_the_app_along(
    place: Path, environment: dict[str, str]
) -> None:
    scripted(place / "runs")
    shown = Terminal(cwd=place, env=environment, controls=False)
    shown.sees("finished")
    shown.close()
    assert shown.ends(LEAVES_S) == 75
