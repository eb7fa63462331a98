"""Runs that outlive the terminal: detached, paused, stopped, killed, out of disk, resumed."""

import fcntl
import json
import os
import pty
import random
import resource
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from scripted import scripted
from support import PATIENCE_S, TINY, Command, Live, assert_same, results_of, write_stripes

from vitac_tui.cli import main
from vitac_tui.runs import control, status
from vitac_tui.runs.claim import claimed
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.events import RunEnded
from vitac_tui.runs.log import EventLog

LONG = ("--set", "train.epochs=200")
WEIGHTS = "sha256"


def test_a_request_that_comes_too_late_is_told_that_the_run_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = scripted(tmp_path / "runs", "late", state="running", epochs=2, sweep=False)

    def ask(_folder: Path, _what: str) -> control.Request:
        with EventLog(run.events) as log:
            log.append(RunEnded("finished", "", 0, 1.0))
        return control.Request("never-seen", "stop", "somebody", 1.0)

    monkeypatch.setattr(control, "ask", ask)
    assert main(["stop", "late", "--runs", str(tmp_path / "runs")]) == 2
    assert "late: was finished before it saw the request" in capsys.readouterr().err


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture
def live(
    tiny: Path, place: Path, environment: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[Live]:
    running = Live(tiny, place, request.node.name[:60], environment, *LONG)
    yield running
    running.end()


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"not {what} within {PATIENCE_S} s"
        time.sleep(0.02)


def state(run: Path) -> str:
    return status.shown(status.read(run / "status.json"))[0]


def lines(run: Path, having: str = "") -> int:
    """How many events of a run's log hold a text."""
    log = run / "events.jsonl"
    return sum(having in line for line in log.open()) if log.exists() else 0


def steps(run: Path) -> int:
    return lines(run, '"kind":"train_step"')


def weights(run: Path) -> dict[str, str]:
    cards = (run / "checkpoints").glob("*.json")
    return {card.name: json.loads(card.read_text())[WEIGHTS] for card in cards}


def test_pause_holds_a_run_and_unpause_lets_it_go_on(live: Live, vitac_tui: Command) -> None:
    live.wait_for('"epoch":1')
    place = live.run.parents[1]
    paused = vitac_tui("pause", live.run.name, cwd=place)
    assert paused.returncode == 0
    assert "pausing after the current batch" in paused.stdout
    assert state(live.run) == "paused"
    assert "requested by" in status.read(live.run / "status.json").reason
    time.sleep(0.3)  # the batch at hand
    before = steps(live.run)
    time.sleep(1.0)
    assert steps(live.run) == before
    assert "continuing" in vitac_tui("unpause", live.run.name, cwd=place).stdout
    until(lambda: steps(live.run) > before, "going on")
    until(lambda: state(live.run) == "running", "running")


def test_stop_ends_with_a_checkpoint_and_partial_results(live: Live, vitac_tui: Command) -> None:
    live.wait_for('"epoch":1')
    stopped = vitac_tui("stop", live.run.name, cwd=live.run.parents[1])
    assert "stopping after the current batch" in stopped.stdout
    assert live.process.wait(PATIENCE_S) == 4
    assert state(live.run) == "stopped"
    assert (live.run / "checkpoints/resume.pt").exists()
    assert results_of(live.run)["state"] == "stopped"
    kinds = [json.loads(line)["kind"] for line in (live.run / "events.jsonl").open()]
    assert kinds.count("request_answered") == 1
    assert kinds[-1] == "run_ended"
    refused = vitac_tui("pause", live.run.name, cwd=live.run.parents[1])
    assert refused.returncode == 2
    assert "is stopped" in refused.stderr


def test_stop_now_leaves_within_a_second(live: Live, vitac_tui: Command) -> None:
    live.wait_for('"epoch":1')
    vitac_tui("stop", "--now", live.run.name, cwd=live.run.parents[1])
    assert live.process.wait(1.0) == 4
    assert state(live.run) == "stopped"


def test_a_second_ctrl_c_ends_within_a_second(
    tiny: Path, place: Path, environment: dict[str, str]
) -> None:
    slow = ("--set", "dataset.image_size=320", "--set", "train.batch_size=18")
    running = Live(tiny, place, "twice", environment, *slow)  # a batch takes a second or more
    running.wait_for('"unit":"rate/0/epoch/1"')
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(1.0) == 130
    assert state(running.run) == "stopped"
    running.end()


def test_sigusr2_checkpoints_and_goes_on(
    tiny: Path, place: Path, environment: dict[str, str]
) -> None:
    rarely = ("--set", "checkpoint_every=999 epochs")
    running = Live(tiny, place, "usr2", environment, *LONG, *rarely)
    running.wait_for('"epoch":1')
    assert not (running.run / "checkpoints/resume.pt").exists()
    running.process.send_signal(signal.SIGUSR2)
    running.wait_for("checkpoint_saved")
    assert running.process.poll() is None
    running.end()


def test_a_detached_run_gives_the_prompt_back_and_its_name(
    tiny: Path, place: Path, vitac_tui: Command
) -> None:
    started = vitac_tui("--batch", tiny, "--detach", *LONG, cwd=place)
    assert started.returncode == 0, started.stderr
    (name,) = started.stdout.split()
    run = place / "runs" / name
    assert state(run) == "running"
    listed = vitac_tui("runs", cwd=place)
    assert name in listed.stdout
    assert "running" in listed.stdout
    process = status.read(run / "status.json").process
    assert os.getsid(process.pid) == process.pid
    elsewhere = vitac_tui("runs", cwd=place.parent)
    assert name in elsewhere.stdout
    assert vitac_tui("stop", name, cwd=place.parent).returncode == 0
    followed = vitac_tui("follow", name, cwd=place)
    assert followed.stdout.splitlines()[-1].count("stopped") == 1
    assert (run / "log.txt").exists()


def test_a_live_run_is_refused_to_a_second_detached_process(live: Live, vitac_tui: Command) -> None:
    live.wait_for('"epoch":1')
    refused = vitac_tui("resume", live.run.name, "--detach", cwd=live.run.parents[1])
    assert refused.returncode == 2
    assert "is being written by process" in refused.stderr


def test_what_a_detached_run_cannot_start_with_is_said_at_the_prompt(
    tiny: Path, tmp_path: Path, vitac_tui: Command
) -> None:
    refused = vitac_tui("--batch", tiny, "--detach", "--set", "dataset.root=nowhere", cwd=tmp_path)
    assert refused.returncode == 2
    assert "nowhere" in refused.stderr
    assert not (tmp_path / "runs").exists()


def test_replay_finds_the_same_figures_and_says_which_differ(
    tiny: Path, place: Path, vitac_tui: Command
) -> None:
    assert vitac_tui("--batch", tiny, "--run", "original", cwd=place).returncode == 0
    results = place / "runs/original/results.json"
    kept = results.rename(place / "kept.json")
    same = vitac_tui("replay", "original", cwd=place)  # from the log
    assert same.returncode == 0, same.stdout + same.stderr
    assert same.stdout.startswith("identical")
    assert "masks-0.9 *" in same.stderr
    changed = json.loads(kept.read_text())
    changed["models"][0]["eval"]["loss"] += 0.5
    results.write_text(json.dumps(changed))
    other = vitac_tui("replay", "original", "--json", cwd=place)
    assert other.returncode == 3
    report = json.loads(other.stdout)
    assert [difference["place"] for difference in report["differences"]] == [
        "models.dense.eval.loss"
    ]
    unknown = vitac_tui("replay", "study-tactile", cwd=place)
    assert unknown.returncode == 2


def test_clean_lists_what_can_go_and_removes_nothing_unasked(
    live: Live, vitac_tui: Command
) -> None:
    live.wait_for("checkpoint_saved")
    runs = live.run.parent
    assert str(live.run) not in vitac_tui("runs", "--clean", cwd=runs.parent).stdout
    live.end()
    listed = vitac_tui("runs", "--clean", cwd=runs.parent)
    assert listed.returncode == 0
    assert str(live.run.name) in listed.stdout
    assert (live.run / "checkpoints/resume.pt").exists()


def test_clean_lists_decoded_images_that_no_process_uses(
    tiny: Path, tmp_path: Path, environment: dict[str, str], vitac_tui: Command
) -> None:
    cache = ("--set", f"dataset.cache={tmp_path / 'kept'}")
    running = Live(tiny, tmp_path, "a", environment, *LONG, *cache)
    running.wait_for("dataset_ready")
    (images,) = (tmp_path / "kept/images").iterdir()
    command = ("runs", "--clean", "--unused")
    assert str(images) not in vitac_tui(*command, "0", cwd=tmp_path).stdout
    running.end()
    assert str(images) not in vitac_tui(*command, "1", cwd=tmp_path).stdout
    listed = vitac_tui(*command, "0", cwd=tmp_path).stdout
    assert (
        f"{images}  (decoded images, unused for 0 days; they are decoded again when needed)"
        in listed
    )
    assert images.exists()


def limit_files(pid: int, size: int) -> None:
    """Let a process write no file beyond `size` bytes: to it, a disk that is full."""
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def test_a_full_disk_pauses_a_detached_run_until_there_is_room(
    tiny: Path, place: Path, vitac_tui: Command
) -> None:
    options = ("--run", "full", "--detach", "--set", "train.epochs=6")
    assert vitac_tui("--batch", tiny, *options, cwd=place).returncode == 0
    run = place / "runs/full"
    pid = status.read(run / "status.json").process.pid
    limit_files(pid, 100_000)  # room for status and control, not for a model
    until(lambda: state(run) == "paused", "paused")
    assert "cannot write" in status.read(run / "status.json").reason
    limit_files(pid, resource.RLIM_INFINITY)
    assert "continuing" in vitac_tui("unpause", "full", cwd=place).stdout
    until(lambda: state(run) == "finished", "finished")
    whole = vitac_tui("--batch", tiny, "--run", "roomy", "--set", "train.epochs=6", cwd=place)
    assert whole.returncode == 0
    assert_same(results_of(place / "runs/roomy"), results_of(run))
    assert weights(place / "runs/roomy") == weights(run)


def under_way(process: "subprocess.Popen[bytes]", run: Path, before: int) -> None:
    """Wait until a process has added to its run, or has ended."""
    until(lambda: process.poll() is not None or lines(run) > before, "under way")


def killed_again_and_again(
    kills: int, seed: int, tiny: Path, place: Path, environment: dict[str, str], *more: str
) -> tuple[Path, int]:
    """Kill a run at random moments until it got through; gives its folder and how often."""
    drawn = random.Random(seed)
    command = [sys.executable, "-m", "vitac_tui", "--batch", str(tiny), "--quiet", *more]
    run = place / "runs" / f"killed{seed}"
    done = 0
    while done < kills:
        process = subprocess.Popen(
            [*command, "--run", run.name],
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        under_way(process, run, lines(run))
        time.sleep(drawn.uniform(0, 2.0))
        if process.poll() is not None:
            break
        process.kill()
        process.wait()
        done += 1
    last = subprocess.run([*command, "--run", run.name], cwd=place, env=environment, check=False)
    assert last.returncode == 0
    return run, done


@pytest.mark.parametrize(
    "kills, epochs",
    [
        pytest.param(3, 4, id="short"),
        pytest.param(20, 40, id="long", marks=pytest.mark.slow),
    ],
)
def test_a_run_killed_at_random_moments_ends_like_an_undisturbed_one(
    kills: int,
    epochs: int,
    tiny: Path,
    place: Path,
    environment: dict[str, str],
    vitac_tui: Command,
) -> None:
    length = ("--set", f"train.epochs={epochs}")
    run, done = killed_again_and_again(kills, kills, tiny, place, environment, *length)
    assert done >= kills // 2
    whole = vitac_tui("--batch", tiny, "--run", f"whole{kills}", *length, cwd=place)
    assert whole.returncode == 0, whole.stderr
    undisturbed = place / "runs" / f"whole{kills}"
    assert_same(results_of(undisturbed), results_of(run))
    assert weights(undisturbed) == weights(run)
    assert not list(run.glob("**/.tmp-*"))


def test_a_request_to_a_process_that_is_gone_does_not_stop_the_next_one(
    tiny: Path, place: Path, environment: dict[str, str], vitac_tui: Command
) -> None:
    running = Live(tiny, place, "stale", environment)
    running.wait_for('"epoch":1')
    running.end()
    control.ask(running.run / "control", "stop")
    resumed = vitac_tui("resume", "stale", cwd=place)
    assert resumed.returncode == 0, resumed.stderr
    assert "send the request again" in (running.run / "events.jsonl").read_text()


def test_sigterm_before_a_run_has_begun_is_one_that_can_go_on(
    tiny: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    early = Live(tiny, tmp_path, "early", environment)
    assert "checking" in early.process.stderr.readline()
    early.process.send_signal(signal.SIGTERM)
    assert early.process.wait(PATIENCE_S) == 75
    early.end()


def test_a_reader_that_leaves_does_not_end_the_run(
    tiny: Path, place: Path, environment: dict[str, str]
) -> None:
    running = Live(tiny, place, "piped", environment)
    running.wait_for("unit_started")
    running.process.stderr.close()
    assert running.process.wait(PATIENCE_S) == 0
    assert state(running.run) == "finished"


def test_names_are_exact_before_they_are_prefixes(
    tiny: Path, place: Path, vitac_tui: Command
) -> None:
    (place / "runs/pip").mkdir(parents=True, exist_ok=True)  # no run, beside a run "piped"
    refused = vitac_tui("--batch", tiny, "--run", "pip", cwd=place)
    assert refused.returncode == 2
    assert "exists already" in refused.stderr


def test_a_dataset_that_changed_is_not_resumed(
    vitac_tui: Command, environment: dict[str, str], tmp_path: Path
) -> None:
    data = write_stripes(tmp_path / "data", groups=6)
    preset = tmp_path / "p.toml"
    preset.write_text(TINY.format(root=data))
    running = Live(preset, tmp_path, "a", environment, *LONG)
    running.wait_for("checkpoint_saved")
    running.end()
    samples = (running.run / "samples.csv").read_bytes()
    (data / "class0/g5_2.png").unlink()
    refused = vitac_tui("resume", "a", cwd=tmp_path)
    assert refused.returncode == 3
    assert "the dataset has changed since this run started" in refused.stderr
    assert (running.run / "samples.csv").read_bytes() == samples


def test_a_run_goes_on_when_its_terminal_is_closed(
    tiny: Path, place: Path, environment: dict[str, str]
) -> None:
    terminal, other_end = pty.openpty()
    command = [sys.executable, "-m", "vitac_tui", "--batch", str(tiny), "--run", "closed"]
    process = subprocess.Popen(
        command,
        cwd=place,
        env={**environment, "TERM": "xterm"},
        stdin=other_end,
        stdout=other_end,
        stderr=other_end,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(other_end)
    drain = threading.Thread(target=read_until_closed, args=(terminal,), daemon=True)
    drain.start()
    run = place / "runs/closed"
    until(lambda: steps(run) > 0, "training")
    os.close(terminal)
    assert process.wait(PATIENCE_S) == 0
    assert state(run) == "finished"


def read_until_closed(terminal: int) -> None:
    """Be the terminal: take what is written, so that the writer never waits."""
    with suppress(OSError):
        while os.read(terminal, 65536):
            pass


def test_clean_asks_in_a_terminal_and_removes_after_a_yes(
    tiny: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    cache = ("--set", f"dataset.cache={tmp_path / 'kept'}")
    running = Live(tiny, tmp_path, "a", environment, *LONG, *cache)
    running.wait_for("checkpoint_saved")
    running.end()
    resume_state = running.run / "checkpoints/resume.pt"
    (images,) = (tmp_path / "kept/images").iterdir()
    os.utime(images / "index.json", (1, 1))

    def clean(answer: bytes) -> str:
        terminal, other_end = pty.openpty()
        os.write(terminal, answer)
        said = subprocess.check_output(
            [sys.executable, "-m", "vitac_tui", "runs", "--clean"],
            cwd=tmp_path,
            env=environment,
            stdin=other_end,
            text=True,
        )
        os.close(terminal)
        os.close(other_end)
        return said

    assert "nothing deleted" in clean(b"n\n")
    assert images.exists()
    with claimed(RunDir(running.run)):  # as a resume that is still checking its data
        assert f"kept {resume_state.relative_to(tmp_path)}: " in clean(b"y\n")
    assert resume_state.exists()
    assert not images.exists()
    clean(b"y\n")
    assert not resume_state.exists()
    assert list((tmp_path / "kept/images").iterdir()) == []


def test_a_run_copied_elsewhere_is_readable(
    tiny: Path, place: Path, tmp_path: Path, vitac_tui: Command
) -> None:
    assert vitac_tui("--batch", tiny, "--run", "copied", cwd=place).returncode == 0
    shutil.copytree(place / "runs/copied", tmp_path / "elsewhere/renamed")
    shown = vitac_tui("show", "renamed", "--runs", tmp_path / "elsewhere", cwd=tmp_path)
    assert shown.returncode == 0
    assert "masks-0.9 *" in shown.stdout


def test_a_run_of_a_newer_version_gets_a_sentence(tmp_path: Path, vitac_tui: Command) -> None:
    run = tmp_path / "runs/new"
    run.mkdir(parents=True)
    (run / "experiment.toml").write_text("brand = 'new'")
    line = {"t": 1, "seq": 1, "kind": "run_started", "unit": "", "schema": 2, "run": "new"}
    more = {"name": "n", "experiment": "", "device": "", "precision": "", "seeds": []}
    (run / "events.jsonl").write_text(json.dumps({**line, **more}) + "\n")
    for command in ("show", "follow", "resume"):
        done = vitac_tui(command, "new", cwd=tmp_path)
        assert done.returncode == 2
        assert "its record has form 2" in done.stderr
    assert "unreadable" in vitac_tui("runs", cwd=tmp_path).stdout


IMPORTS_FIRST = """
import sys
from vitac_tui.worker.process import imports
packages = tuple(f"vitac_tui.{name}" for name in imports.PACKAGES)
known = []
def import_everything(really=imports.import_everything):
    really()
    known.extend(sys.modules)
imports.import_everything = import_everything
from vitac_tui.cli import main
assert main(sys.argv[1:]) == 0
late = sorted(set(sys.modules) - set(known))
assert known and not [name for name in late if name.startswith(packages)], late
"""


def test_everything_is_imported_before_the_first_unit(
    tiny: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS_FIRST, "--batch", str(tiny), "--quiet"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_a_resume_would_not_write_down_is_refused(live: Live, vitac_tui: Command) -> None:
    live.wait_for('"epoch":1')
    live.end()
    place = live.run.parents[1]
    refused = vitac_tui("resume", live.run.name, "--set", 'tags=["late"]', cwd=place)
    assert refused.returncode == 2
    assert "tags and notes are written when a run begins" in refused.stderr
