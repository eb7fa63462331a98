"""Compare vitac-tui with a typical hand-written training script on the same images.

python benchmarks/against_recipe.py [--size 128] [--images 600] [--rounds 1] [--epochs 3]

Both sides run alternately on this machine, which should be idle otherwise. The script is
`recipe.py` (fp32); vitac-tui runs in the precision that it picks for this machine, unless
`--precision` names one. The report lists medians, ratios, and the share of the machine's best
convolution rate that each side reaches. The times of vitac-tui come from the event logs of ordinary
runs; those of the recipe from a process that carries out one step at a time.

Takes five minutes with its defaults on two cores, on CPUs with and without fast bf16. The README's
numbers are of `--size 227 --epochs 10`, which takes about fifteen.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import checkout  # noqa: F401
from children import ChildError, Log, PeakMemory, child, run_child
from recipe_report import SEARCHES, Side, report

HERE = Path(__file__).resolve().parent
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
# Each search is a run of its own, so that it cannot reuse evaluations of the full sweep.
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
SEARCH_AMOUNTS = dict(
    zip(SEARCHES, ("{sweep = [0.1, 0.9], refine = 0.1}", AMOUNTS.replace("]", "], exact = false")),
        strict=True)
)  # fmt: skip


@dataclass
class Comparison:
    """The images, the settings, and what both sides have measured so far."""

    folder: Path
    root: Path
    layout: str
    size: int
    precision: str
    epochs: int
    log: Callable[[str], None]
    ours: Side = field(default_factory=Side)
    recipe: Side = field(default_factory=Side)

    def round(self, number: int) -> None:
        """Measure every task once on each side."""
        run, cache = self.folder / "runs" / f"r{number}", self.folder / f"cache{number}"
        self.log(f"vitac-tui: {self.epochs} epochs of training, two sweeps of nine amounts")
        self._run(run, cache)
        self.log("vitac-tui: two searches for the largest amount, passes over the data")
        self._searches(run)
        self._passes(run)
        self.log(f"recipe: the first step, then {self.epochs} epochs of training")
        self._recipe(run)

    def _run(self, run: Path, cache: Path) -> None:
        preset = PRESET.format(
            layout=self.layout, root=self.root, size=self.size, cache=cache, epochs=self.epochs,
            amounts=AMOUNTS, precision=self.precision,
        )  # fmt: skip
        begun = time.time()
        peak_mb, events = self._batch(run, preset)
        self.ours.peak_mb.append(peak_mb)
        first = next(event["t"] for event in events if event["kind"] == "train_step")
        self.ours.add("command to first step, cold", first - begun)
        for event in events:
            if event["kind"] == "epoch_finished":
                self.ours.add("training epoch", event["wall_s"])
        for variant in ("unstructured", "classifier"):
            self.ours.add(f"{variant} sweep", _span(events, variant))
        self._count_images("nine in full", run, "unstructured")
        dense = json.loads((run / "results.json").read_text())["models"][0]
        self.ours.add("evaluation", dense["eval"]["wall_s"])
        self.ours.top1 = self.ours.shared_top1 = dense["eval"]["top1"]

    def _searches(self, run: Path) -> None:
        for number, (task, amount) in enumerate(SEARCH_AMOUNTS.items()):
            search = run.with_name(f"{run.name}-search{number}")
            preset = SEARCH.format(run=run.resolve(), precision=self.precision, amount=amount)
            _, events = self._batch(search, preset)
            self.ours.add(task, _span(events, "main"))
            self._count_images(task, search, "main")

    def _batch(self, run: Path, preset: str) -> tuple[float, list[dict[str, Any]]]:
        """Run a preset; return the peak memory in MB and the events."""
        file = self.folder / "preset.toml"
        file.write_text(preset)
        arguments = ["-P", "-m", "vitac_tui", "--batch", file, "--runs", run.parent]
        environment = {"XDG_CACHE_HOME": str(self.folder / "xdg")}
        _, peak_mb = run_child([*arguments, "--run", run.name, "--quiet"], environment)
        with (run / "events.jsonl").open() as lines:
            return peak_mb, [json.loads(line) for line in lines]

    def _count_images(self, task: str, run: Path, variant: str) -> None:
        results = json.loads((run / "results.json").read_text())
        rows = [row for row in results["models"] if row["variant"] == variant]
        chosen = next(one["row"] for one in results["selected"] if one["variant"] == variant)
        amount = next(row["amount"] for row in rows if row["id"] == chosen)
        images = sum(row["eval"]["images"] for row in rows)
        self.ours.found[task] = (f"{amount:g}", len(rows), images)

    def _passes(self, run: Path) -> None:
        fresh = self.folder / "fresh" / run.name
        for task in ("data, cold", "data, warm"):
            answer = json.loads(run_child([HERE / "passes.py", run, fresh])[0])
            assert answer["built"] == (task == "data, cold"), answer
            self.ours.add(task, answer["seconds"])
        self.ours.add("nine masks", answer["masks_s"])

    def _recipe(self, run: Path) -> None:
        arguments = [HERE / "recipe.py", run / "samples.csv", self.root, self.size, self.epochs]
        begun = time.perf_counter()
        with child(arguments) as recipe:
            recipe.ask("step")
            self.recipe.add("command to first step, cold", time.perf_counter() - begun)
        with child(arguments) as recipe:
            memory = PeakMemory(recipe.process.pid)
            self.recipe.add("data, cold", recipe.ask("data")["seconds"])
            self.recipe.add("data, warm", recipe.ask("data")["seconds"])
            for _ in range(self.epochs):
                self.recipe.add("training epoch", recipe.ask("epoch")["seconds"])
            self.recipe.top1 = recipe.ask("evaluate")["value"]
            recipe.ask(f"load {run / 'checkpoints' / 'dense.safetensors'}")
            answer = recipe.ask("evaluate")
            self.recipe.add("evaluation", answer["seconds"])
            self.recipe.shared_top1 = answer["value"]
            self.log("recipe: two sweeps of nine amounts")
            self.recipe.add("nine masks", recipe.ask("masks")["seconds"])
            self.recipe.add("unstructured sweep", recipe.ask("sweep")["seconds"])
            for task in SEARCHES:  # only a full sweep answers these for the recipe
                self.recipe.add(task, self.recipe.seconds["unstructured sweep"][-1])
            self.recipe.add("classifier sweep", recipe.ask("classifier")["seconds"])
            self.recipe.peak_mb.append(memory.stop())


def _span(events: list[dict[str, Any]], variant: str) -> float:
    """Return the seconds from the first to the last event of a variant."""
    times = [event["t"] for event in events if event["unit"].startswith(f"variant/{variant}/")]
    return max(times) - min(times)


def _sample_set(images: int, root: Path) -> None:
    """Render about this many images of 12 cloths, in 256 pixels."""
    options = {"classes": 12, "presses": max(2, images // 120), "frames": 10, "size": 256}
    given = [text for name, number in options.items() for text in (f"--{name}", str(number))]
    run_child(["-P", "-m", "vitac_tui", "dataset", "sample", root, "--quiet", *given])


def compare(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run all rounds, print the report and return it as plain data."""
    from vitac_tui.training.devices import describe, pick

    log = Log()
    picked = pick("auto", args.precision)
    log(f"vitac-tui computes in {picked.precision} on {describe(picked.device)}: {picked.why}")
    root, layout = args.root, "folder"
    if root is None:
        root, layout = folder / "sample", "vitac"
        log(f"rendering {args.images} images")
        _sample_set(args.images, root)
    comparison = Comparison(
        folder, root.resolve(), layout, args.size, args.precision, args.epochs, log
    )
    for number in range(args.rounds):
        if args.rounds > 1:
            log(f"round {number + 1} of {args.rounds}")
        comparison.round(number)
    log("the machine's best rates")
    limits = json.loads(run_child([HERE / "limits.py", "fp32", picked.precision])[0])
    with (folder / "runs" / "r0" / "samples.csv").open() as file:
        images = sum(1 for _ in file) - 1
    log("done")
    return report(
        comparison.recipe, comparison.ours, limits,
        images=images, size=args.size, epochs=args.epochs, precision=picked.precision,
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--root", type=Path, help="a folder with one subfolder per class (default: the sample set)"
    )
    parser.add_argument("--size", type=int, default=128, help="side of the images in pixels")
    parser.add_argument("--images", type=int, default=600, help="size of the sample set")
    parser.add_argument("--rounds", type=int, default=1, help="repetitions of the comparison")
    parser.add_argument("--epochs", type=int, default=3, help="training epochs per round")
    parser.add_argument(
        "--precision",
        default="auto",
        choices=("auto", "bf16", "fp32"),
        help="precision of vitac-tui; auto: what a run picks on this machine",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there, too")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        try:
            found = compare(args, Path(name))
        except ChildError as error:
            print(f"against_recipe: a child process failed\n{error}", file=sys.stderr)
            return 1
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
