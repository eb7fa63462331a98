"""vitac-tui beside the reference recipe (`recipe.py`) on the same images, in turns.

python benchmarks/against_recipe.py [--size 227] [--images 1200] [--rounds 3] [--epochs 3]

Needs a machine that is otherwise idle. Prints medians and ratios, and what share of the machine's
best convolution rate, measured in the same run, each side reaches. Our figures are those of a run
by `vitac-tui --batch`, from its event log; the recipe's are those of a process that does each step
when told. Both judge the same trained weights in the end, and each one its own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import resnet18

from vitac_tui.evaluation.intervals import wilson

HERE = Path(__file__).parent
AMOUNTS = "{sweep = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]}"
PRESET = """\
name = "bench"
precision = "{precision}"
[dataset]
layout = "{layout}"
root = "{root}"
image_size = {size}
cache = "{cache}"
split = {{by = "image", val = 0.5, test = 0.0}}
[model]
arch = "resnet18"
[train]
epochs = {epochs}
batch_size = 64
learning_rate = 1e-3
[evaluate]
batch_size = 128
latency_s = 0.0
[[variant]]
name = "unstructured"
prune = [{{method = "global_unstructured", amount = {amounts}}}]
[[variant]]
name = "classifier"
prune = [{{method = "ln_structured", layers = ["fc"], n = 1, amount = {amounts}}}]
"""
# One question of the sweep alone, "which is the largest amount within the allowed loss, to 0.1?",
# each in a run of its own, so that nothing is remembered of the sweep before.
SEARCHES = {
    "largest amount, bisection": "{sweep = [0.1, 0.9], refine = 0.1}",
    "largest amount, nine": AMOUNTS.replace("]", "], exact = false"),
}
SEARCH = """\
name = "search"
from_run = "{run}"
precision = "{precision}"
[evaluate]
batch_size = 128
latency_s = 0.0
[[prune]]
method = "global_unstructured"
amount = {amount}
"""


@dataclass
class Side:
    """Seconds of each task, a list a round, and the largest memory of a process tree in MB."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    peak_mb: list[float] = field(default_factory=list)
    top1: float = float("nan")  # of its own model
    given_top1: float = float("nan")  # of our model
    found: dict[str, tuple[str, int, int]] = field(default_factory=dict)  # row, amounts, images

    def add(self, task: str, seconds: float) -> None:
        self.seconds.setdefault(task, []).append(seconds)

    def median(self, task: str) -> float:
        return statistics.median(self.seconds[task])


class Memory:
    """The largest proportional set size of a process and its children, while it runs.

    The kernel walks all their pages for it, which is work: seldom enough that it does not show.
    """

    def __init__(self, process: subprocess.Popen[Any]) -> None:
        self.peak_mb = 0.0
        self._process = process
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while self._process.poll() is None:
            self.peak_mb = max(self.peak_mb, sum(map(self._size, self._tree(self._process.pid))))
            time.sleep(3.0)

    def _tree(self, pid: int) -> list[int]:
        try:
            text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except OSError:
            return [pid]
        return [pid, *(one for child in text.split() for one in self._tree(int(child)))]

    def _size(self, pid: int) -> float:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            return 0.0
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@dataclass
class Bench:
    """Where everything lies, and both sides."""

    folder: Path
    root: Path
    layout: str
    size: int
    precision: str
    epochs: int
    ours: Side = field(default_factory=Side)
    recipe: Side = field(default_factory=Side)

    def round(self, number: int) -> None:
        run, cache = self.folder / "runs" / f"r{number}", self.folder / f"cache{number}"
        self._our_run(run, cache)
        self._our_searches(run)
        self._our_passes(run)
        self._recipe(run)

    def _our_run(self, run: Path, cache: Path) -> None:
        preset = self.folder / "bench.toml"
        text = PRESET.format(
            layout=self.layout, root=self.root, size=self.size, cache=cache, epochs=self.epochs,
            amounts=AMOUNTS, precision=self.precision,
        )  # fmt: skip
        preset.write_text(text)
        begun = time.time()
        process = self._start(
            ["-m", "vitac_tui", "--batch", preset, "--runs", run.parent, "--run", run.name]
        )
        memory = Memory(process)
        process.communicate()
        assert process.returncode == 0
        self.ours.peak_mb.append(memory.peak_mb)
        events = [json.loads(line) for line in (run / "events.jsonl").open()]
        first = next(e["t"] for e in events if e["kind"] == "train_step")
        self.ours.add("command to first step, cold", first - begun)
        for event in events:
            if event["kind"] == "epoch_finished":
                self.ours.add("training epoch", event["wall_s"])
        for variant in ("unstructured", "classifier"):
            self.ours.add(f"{variant} sweep", _span(events, variant))
        self._count("nine in full", run, "unstructured")
        dense = json.loads((run / "results.json").read_text())["models"][0]
        self.ours.add("evaluation", dense["eval"]["wall_s"])
        self.ours.top1 = self.ours.given_top1 = dense["eval"]["top1"]

    def _our_searches(self, run: Path) -> None:
        for number, (task, amount) in enumerate(SEARCHES.items()):
            preset = self.folder / "search.toml"
            preset.write_text(
                SEARCH.format(run=run.resolve(), precision=self.precision, amount=amount)
            )
            made = run.with_name(f"{run.name}-search{number}")
            process = self._start(
                ["-m", "vitac_tui", "--batch", preset, "--runs", run.parent, "--run", made.name]
            )
            process.communicate()
            assert process.returncode == 0
            events = [json.loads(line) for line in (made / "events.jsonl").open()]
            self.ours.add(task, _span(events, "main"))
            self._count(task, made, "main")

    def _count(self, task: str, run: Path, variant: str) -> None:
        results = json.loads((run / "results.json").read_text())
        rows = [row for row in results["models"] if row["variant"] == variant]
        chosen = next(one["row"] for one in results["selected"] if one["variant"] == variant)
        amount = next(row["amount"] for row in rows if row["id"] == chosen)
        seen = sum(row["eval"]["images"] for row in rows)
        self.ours.found[task] = (f"{amount:g}", len(rows), seen)

    def _our_passes(self, run: Path) -> None:
        fresh = self.folder / "fresh" / run.name
        for task in ("data, cold", "data, warm"):
            process = self._start([HERE / "passes.py", run, fresh])
            answer = json.loads(process.communicate()[0])
            assert answer["built"] == (task == "data, cold")
            self.ours.add(task, answer["seconds"])
        self.ours.add("nine masks", answer["masks_s"])

    def _recipe(self, run: Path) -> None:
        begun = time.perf_counter()
        arguments = [HERE / "recipe.py", run / "samples.csv", self.root, self.size]
        process = self._start([*arguments, self.epochs])
        _ask(process, "step")
        self.recipe.add("command to first step, cold", time.perf_counter() - begun)
        process.stdin.close()
        process.wait()
        process = self._start([*arguments, self.epochs])
        memory = Memory(process)
        self.recipe.add("data, cold", _ask(process, "data")["seconds"])
        self.recipe.add("data, warm", _ask(process, "data")["seconds"])
        for _ in range(self.epochs):
            self.recipe.add("training epoch", _ask(process, "epoch")["seconds"])
        self.recipe.top1 = _ask(process, "evaluate")["value"]
        _ask(process, f"load {run / 'checkpoints' / 'dense.safetensors'}")
        answer = _ask(process, "evaluate")
        self.recipe.add("evaluation", answer["seconds"])
        self.recipe.given_top1 = answer["value"]
        self.recipe.add("nine masks", _ask(process, "masks")["seconds"])
        self.recipe.add("unstructured sweep", _ask(process, "sweep")["seconds"])
        for task in SEARCHES:  # the recipe has no other way to the amount
            self.recipe.add(task, self.recipe.seconds["unstructured sweep"][-1])
        self.recipe.add("classifier sweep", _ask(process, "classifier")["seconds"])
        self.recipe.peak_mb.append(memory.peak_mb)
        process.stdin.close()
        process.wait()

    def _start(self, arguments: list[Any]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "XDG_CACHE_HOME": str(self.folder / "xdg")},
        )


def _span(events: list[dict[str, Any]], variant: str) -> float:
    """Seconds from the first to the last event of a variant."""
    times = [event["t"] for event in events if event["unit"].startswith(f"variant/{variant}/")]
    return max(times) - min(times)


def _ask(process: subprocess.Popen[str], command: str) -> dict[str, Any]:
    process.stdin.write(f"{command}\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def _forward_gflop(size: int) -> float:
    """Of one image, in convolutions and matrix products."""
    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        resnet18()(torch.zeros(1, 3, size, size))
    return counter.get_total_flops() / 1e9


def report(bench: Bench, images: int, limit: dict[str, float]) -> dict[str, Any]:
    """Print the table, and give everything as plain data."""
    half, forward = images / 2, _forward_gflop(bench.size)
    tasks = [task for task in bench.recipe.seconds if task in bench.ours.seconds]
    print(f"{images} images at {bench.size} pixels, half of them held out; {bench.epochs} epochs")
    print(f"{'':30}{'recipe':>10}{'vitac-tui':>11}{'ratio':>8}   ratios of the rounds")
    for task in tasks:
        one, other = bench.recipe.median(task), bench.ours.median(task)
        pairs = zip(bench.recipe.seconds[task], bench.ours.seconds[task], strict=True)
        each = "  ".join(f"{a / b:.1f}" for a, b in pairs)
        print(f"{task:30}{one:8.2f} s{other:9.2f} s{one / other:7.1f}x   {each}")
    for task, (amount, amounts, seen) in bench.ours.found.items():
        print(f"{task:30}{amount:>10} from {amounts} amounts and {seen:,} image evaluations")
    memory = [statistics.median(side.peak_mb) for side in (bench.recipe, bench.ours)]
    print(f"{'peak memory':30}{memory[0]:7.0f} MB{memory[1]:8.0f} MB{memory[0] / memory[1]:7.1f}x")
    for name, rate in limit.items():
        print(f"limit: {name:28}{rate:10.0f}")
    shares = {}
    for task, operations in (("training epoch", 3 * forward), ("evaluation", forward)):
        for side, name, dtype in (
            (bench.recipe, "recipe", "fp32"),
            (bench.ours, "vitac-tui", bench.precision),
        ):
            rate = operations * half / side.median(task)
            shares[f"{task}, {name}"] = rate
            share = rate / limit[f"conv_{dtype}_gflops"]
            print(
                f"{task}, {name}: {rate:.0f} GFLOP/s, {share:.0%} of the best {dtype} convolution"
            )
    for text, one, other in (
        ("each its own model", bench.recipe.top1, bench.ours.top1),
        ("both ours", bench.recipe.given_top1, bench.ours.given_top1),
    ):
        said = [
            f"{100 * top1:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
            for top1, (low, high) in ((t, wilson(t * half, half)) for t in (one, other))
        ]
        print(f"top-1, {text}: recipe {said[0]}, vitac-tui {said[1]}")
    return {
        "images": images,
        "size": bench.size,
        "recipe": vars(bench.recipe),
        "vitac-tui": vars(bench.ours),
        "limits": limit,
        "gflops": shares,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, help="a set with a folder a class; the sample set")
    parser.add_argument("--size", type=int, default=227)
    parser.add_argument("--images", type=int, default=1200, help="of the sample set")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--precision", default="bf16", choices=("bf16", "fp32"), help="of our side")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, root, layout = Path(name), args.root, "folder"
        if root is None:
            root, layout = folder / "sample", "vitac"
            presses = max(2, args.images // 120)
            options = {"classes": 12, "presses": presses, "frames": 10, "size": 256}
            given = [text for name, n in options.items() for text in (f"--{name}", str(n))]
            command = [sys.executable, "-m", "vitac_tui", "dataset", "sample", root, "--quiet"]
            subprocess.run([*command, *given], check=True, stdout=subprocess.DEVNULL)
        bench = Bench(folder, root.resolve(), layout, args.size, args.precision, args.epochs)
        limit = json.loads(subprocess.check_output([sys.executable, HERE / "limits.py"]))
        for number in range(args.rounds):
            bench.round(number)
        with (folder / "runs" / "r0" / "samples.csv").open() as file:
            images = sum(1 for _ in file) - 1
        found = report(bench, images, limit)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
