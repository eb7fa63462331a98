"""Runs that the app starts, with real processes behind them."""

import re
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from screentext import app, notifies, press, sees, until
from scripted import scripted
from support import Command, results_of
from textual.screen import Screen
from textual.widgets import Static

from vitac_tui.errors import UserError
from vitac_tui.runs import status
from vitac_tui.runs.directory import RunDir, all_runs
from vitac_tui.tui.services import run_actions, tensorboard_server


async def test_a_replay_from_the_app_equals_the_run_from_the_command_line(
    vitac_tui: Command, tiny: Path, place: Path
) -> None:
    shorter = ("--set", "train.epochs=1", "--set", "variant=[]")
    done = vitac_tui("--batch", tiny, "--run", "headless", "--quiet", *shorter, cwd=place)
    assert done.returncode == 0, done.stderr
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await sees(pilot, "headless")
        await press(pilot, "y")
        await sees(pilot, "running")
        await notifies(pilot, "identical to headless, timings aside")
    (replayed,) = [run for run in all_runs(place / "runs") if run.name != "headless"]
    assert (
        results_of(replayed.path)["models"][0]["eval"]["top1"]
        == (results_of(place / "runs/headless")["models"][0]["eval"]["top1"])
    )


def test_what_a_run_says_before_it_begins_is_passed_on(place: Path) -> None:
    run = run_actions.new_run(place / "runs", "nonsense")
    with pytest.raises(UserError, match="no preset 'nonsense'"):
        run_actions.start(run, "nonsense", place / "runs")
    assert all_runs(place / "runs") == []


def test_a_finished_run_is_not_asked_and_a_live_one_not_deleted(place: Path) -> None:
    with pytest.raises(UserError, match="is finished"):
        run_actions.ask(scripted(place / "runs", "one"), "stop")
    live = scripted(place / "runs", "two", state="running", epochs=1, sweep=False)
    with pytest.raises(UserError, match="stop it first"):
        run_actions.delete(live)
    assert status.read(live.status) is not None


def listening(port: int) -> set[str]:
    """Addresses, as the kernel writes them, on which a port is listened at."""
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [line.split() for table in tables for line in table.read_text().splitlines()[1:]]
    local = [row[1].split(":") for row in rows if row[3] == "0A"]
    return {address for address, number in local if int(number, 16) == port}


async def test_tensorboard_is_served_on_loopback_until_the_app_ends(
    vitac_tui: Command, tiny: Path, place: Path
) -> None:
    done = vitac_tui(
        *("--batch", tiny, "--run", "one", "--quiet", "--set", "train.epochs=1"),
        *("--set", "variant=[]"),
        cwd=place,
    )
    assert done.returncode == 0, done.stderr
    run = RunDir(place / "runs/one")
    async with app(place / "runs", run).run_test(size=(80, 24)) as pilot:
        await sees(pilot, "finished after")
        await press(pilot, "b")
        await sees(pilot, "copy for another machine: ssh -L")
        boards = pilot.app._boards
        served = tensorboard_server.Board(port_of(pilot.app.screen))
        with urllib.request.urlopen(served.address, timeout=20) as page:
            assert b"TensorBoard" in page.read()
        assert listening(served.port) == {"0100007F"}  # 127.0.0.1, and no other address
        await press(pilot, "y")
        line = f"ssh -L {served.port}:127.0.0.1:{served.port} "
        await until(pilot, lambda: pilot.app.clipboard.startswith(line), "the line copied")
    boards._process.wait(10)


def port_of(screen: Screen[str]) -> int:
    """Where a dialog says that TensorBoard is."""
    return int(re.search(r"localhost:([0-9]+)/", str(screen.query_one(Static).render()))[1])


def test_one_tensorboard_is_served_at_a_time_and_none_once_the_app_has_ended(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    def start(_folder: Path) -> subprocess.Popen[bytes]:
        """As the server answers, a while after it was started."""
        says = "import sys, time; time.sleep(1); print('http://localhost:1/', file=sys.stderr)"
        command = [sys.executable, "-c", f"{says}; sys.stderr.flush(); time.sleep(60)"]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE))
        return started[-1]

    monkeypatch.setattr(tensorboard_server, "_start", start)
    (place / "events.out.1").touch()
    boards = tensorboard_server.Boards()
    with ThreadPoolExecutor() as threads:
        list(threads.map(boards.serve, [place, place]))
        assert len(started) == 2
        started[0].wait(10)
        assert started[1].poll() is None
        last = threads.submit(boards.serve, place)
        while len(started) < 3:
            time.sleep(0.01)
        boards.close()
        with pytest.raises(UserError, match="did not start"):
            last.result()
    for process in started:
        process.wait(10)
        process.stderr.close()


def test_without_its_files_tensorboard_is_not_started(place: Path) -> None:
    with pytest.raises(UserError, match="no TensorBoard files"):
        tensorboard_server.Boards().serve(scripted(place / "runs").tensorboard)
