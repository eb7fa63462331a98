"""What the app costs: first frame, memory, bytes to the terminal, lag while a run trains.

python benchmarks/app.py          (about four minutes; needs a machine that is otherwise idle)

The app runs in a real pseudo-terminal of 120x40. While the demo trains on the same cores, a
coroutine in the app's own loop asks to be woken every 10 ms and notes how late it is.
"""

import asyncio
import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

SIZE = (120, 40)
REPEATS = 7
WATCH_S = 20.0
EVENTS = 1_000_000
COMMAND = [sys.executable, "-m", "vitac_tui"]
SAMPLE_S = 0.01


class Terminal:
    """A process in a pseudo-terminal, and what it has written."""

    def __init__(self, command: list[str], cwd: str) -> None:
        self.end, theirs = pty.openpty()
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.said = b""
        self.bytes = 0

    def read_for(self, seconds: float) -> int:
        """Bytes written within so long."""
        before, end = self.bytes, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(left)
        return self.bytes - before

    def until(self, text: bytes, patience_s: float = 120.0) -> float:
        """Seconds from the start until a text was written."""
        end = time.monotonic() + patience_s
        while text not in self.said:
            if time.monotonic() > end:
                raise SystemExit(f"never saw {text!r} in {self.said[-500:]!r}")
            self._read(0.5)
        return time.perf_counter() - self.begun

    def press(self, key: bytes, text: bytes) -> float:
        """Seconds from a key until a text is written."""
        self.said = b""
        pressed = time.perf_counter()
        os.write(self.end, key)
        self.until(text)
        return time.perf_counter() - pressed

    def _read(self, wait_s: float) -> None:
        if select.select([self.end], [], [], wait_s)[0]:
            try:
                data = os.read(self.end, 1 << 16)
            except OSError:
                return
            self.bytes += len(data)
            self.said = (self.said + data)[-200_000:]

    def memory_mb(self) -> float:
        """Resident memory of the process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return float(line.split()[1]) / 1e3

    def leave(self) -> None:
        """Quit by its key."""
        os.write(self.end, b"q")
        end = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < end:
            self._read(0.1)
        self.process.kill()
        os.close(self.end)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        first_frame(place)
        screens(place)
        million(place)
        while_training(place)


def first_frame(place: str) -> None:
    times = []
    for _ in range(REPEATS):
        shown = Terminal(COMMAND, place)
        times.append(shown.until(b"No runs yet"))
        shown.leave()
    shown = Terminal(COMMAND, place)
    shown.until(b"No runs yet")
    shown.read_for(1.0)
    print(f"{'first frame':36} {statistics.median(times):8.2f} s   (of {REPEATS}, warm)")
    print(f"{'memory, home':36} {shown.memory_mb():8.0f} MB")
    shown.leave()


def screens(place: str) -> None:
    shown = Terminal(COMMAND, place)
    shown.until(b"No runs yet")
    shown.read_for(1.0)
    for name, key, text in (
        ("new run", b"n", b"preset"),
        ("dataset", b"i", b"choose a folder"),
    ):
        times = []
        for _ in range(REPEATS):
            times.append(shown.press(key, text))
            shown.read_for(1.0)
            shown.press(b"\x1b", b"No runs yet")
            shown.read_for(1.0)
        name = f"screen: {name}"
        print(f"{name:36} {statistics.median(times):8.2f} s   ({max(times):.2f} at most)")
    shown.leave()


def million(place: str) -> None:
    from vitac_tui.experiment import presets
    from vitac_tui.runs import directory, events, status
    from vitac_tui.system.process import this_process

    environment = {"process": vars(this_process())}
    root = Path(place) / "runs"
    run = directory.create(root, "million", presets.load("demo"), environment)
    write = events.to_line
    with run.events.open("w") as file:
        begun = events.RunStarted(1, "million", "demo", "", "cpu", "fp32", [0])
        file.write(write(events.Record(0.0, 1, "", begun)) + "\n")
        for seq in range(2, EVENTS + 1):
            step = events.TrainStep(1 + seq // 1000, seq, 2.0 / (1 + seq / 1e5), 1e-3)
            unit = f"rate/0/epoch/{step.epoch}"
            file.write(write(events.Record(float(seq), seq, unit, step)) + "\n")
        ended = events.RunEnded("finished", "", 0, 1.0)
        file.write(write(events.Record(1.0, EVENTS + 1, "", ended)) + "\n")
    size = run.events.stat().st_size / 1e6
    known = status.Status("finished", this_process(), 0.0, 1.0, fraction=1.0)
    status.write(run.status, known)
    shown = Terminal([*COMMAND, "attach", "million"], place)
    state = shown.until(b"finished")
    whole = shown.until(b"finished after 1.0 s")
    shown.read_for(1.0)
    print(f"{'a million events: state shown':36} {state:8.2f} s   ({size:.0f} MB)")
    print(f"{'a million events: all read':36} {whole:8.2f} s")
    print(f"{'a million events: memory':36} {shown.memory_mb():8.0f} MB")
    shown.leave()


def while_training(place: str) -> None:
    started = subprocess.run(
        [*COMMAND, "--batch", "demo", "--detach", "--set", "train.epochs=60"],
        cwd=place,
        capture_output=True,
        text=True,
        check=True,
    )
    run = started.stdout.strip()
    lags = Path(place) / "lags.json"
    try:
        script = str(Path(__file__).resolve())
        shown = Terminal([sys.executable, script, "--watch", run, str(lags)], place)
        shown.until(b"images/s")
        written = shown.read_for(WATCH_S)
        memory = shown.memory_mb()
        shown.leave()
        found = sorted(json.loads(lags.read_text()))
        print(f"{'live: to the terminal':36} {written / WATCH_S / 1e3:8.1f} kB/s (while training)")
        print(f"{'live: memory':36} {memory:8.0f} MB")
        for share, name in ((0.5, "median"), (0.99, "p99"), (1.0, "largest")):
            late = found[min(len(found) - 1, int(share * len(found)))] * 1e3
            print(f"{f'live: loop lag, {name}':36} {late:8.1f} ms")
    finally:
        subprocess.run(
            [*COMMAND, "stop", run, "--now"], cwd=place, capture_output=True, check=False
        )
    quiet = Terminal([*COMMAND, "attach", run], place)
    quiet.until(b"stopped")
    quiet.read_for(3.0)
    print(f"{'live: nothing changes':36} {quiet.read_for(WATCH_S) / WATCH_S / 1e3:8.2f} kB/s")
    quiet.leave()


def watch(run: str, lags: Path) -> None:
    """The app itself, with a coroutine in its loop that notes how late it is woken."""
    from vitac_tui.tui.terminal import guard

    with guard.guarded():
        from vitac_tui.runs.directory import locate
        from vitac_tui.tui.app import VitacApp

        late: list[float] = []

        class Watched(VitacApp):
            async def _sample(self) -> None:
                while True:
                    before = time.perf_counter()
                    await asyncio.sleep(SAMPLE_S)
                    late.append(time.perf_counter() - before - SAMPLE_S)

            def on_mount(self) -> None:
                self.run_worker(self._sample())

        os.environ["TEXTUAL_ANIMATIONS"] = "none"
        Watched(None, attach=locate(None, run)).run()
    lags.write_text(json.dumps(late))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--watch"]:
        watch(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
