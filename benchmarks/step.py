"""Measure where a training step and an evaluation of one batch spend their time on the CPU.

python benchmarks/step.py [--size 227] [--batch 64] [--precision auto]

The times of convolutions come from oneDNN, which computes them (`ONEDNN_VERBOSE`). torch's profiler
is not used: it keeps memory, so that a step gets new pages instead of those of the step before, and
batch-norm and pooling then seem to take three times as long as they do.
"""

import argparse
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import checkout  # noqa: F401
from children import run_child

from vitac_tui.models.precision import Precision
from vitac_tui.training.devices import pick

KINDS = {
    "forward_training": "convolutions, forward",
    "forward_inference": "convolutions, forward",
    "backward_data": "convolutions, gradient of the images",
    "backward_weights": "convolutions, gradient of the weights",
}
WARMED, TIMED = 4, 6  # steps


@dataclass
class Spent:
    """Milliseconds, and the billions of operations computed in that time."""

    ms: float = 0.0
    giga: float = 0.0


def work(task: str, size: int, batch: int, precision: Precision) -> None:
    """Run the steps in this process; print marks between the lines of oneDNN."""
    import torch
    from torch.nn import functional
    from torch.utils import deterministic

    from vitac_tui.models.build import build
    from vitac_tui.models.fold import folded
    from vitac_tui.models.precision import autocast
    from vitac_tui.training.memory import keep_freed_memory

    keep_freed_memory()
    deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    device = torch.device("cpu")
    model = build("resnet18", 100).to(memory_format=torch.channels_last)
    images = torch.randn(batch, 3, size, size).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 100, (batch,))
    optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def train() -> None:
        optimizer.zero_grad(set_to_none=True)
        with autocast(device, precision):
            outputs = model(images)
        functional.cross_entropy(outputs.float(), labels).backward()
        optimizer.step()

    network = folded(model)

    def answer() -> None:
        with torch.inference_mode(), autocast(device, precision):
            network(images)

    repeat(train if task == "training" else answer)


def repeat(step: Callable[[], None]) -> None:
    for number in range(WARMED + TIMED):
        if number == WARMED:
            print("begin", flush=True)
        begun = time.perf_counter()
        step()
        if number >= WARMED:
            print(f"step {1000 * (time.perf_counter() - begun)}", flush=True)


def operations(shape: str) -> float:
    """Return the billions of operations of a convolution, from oneDNN's description of it."""
    found = {
        name: int(number) for name, number in re.findall(r"(mb|ic|oc|oh|ow|kh|kw)(\d+)", shape)
    }
    product = 2.0
    for number in found.values():
        product *= number
    return product / 1e9


def measure(task: str, args: argparse.Namespace) -> dict[str, Spent]:
    """Return what a step spends on each kind of work, and in total."""
    arguments = [__file__, "--task", task, "--precision", args.precision]
    arguments += ["--size", str(args.size), "--batch", str(args.batch)]
    out, _ = run_child(arguments, {"ONEDNN_VERBOSE": "profile_exec"})
    spent: dict[str, Spent] = defaultdict(Spent)
    for line in out.partition("\nbegin\n")[2].splitlines():
        if line.startswith("step "):
            spent["all"].ms += float(line.split()[1]) / TIMED
        elif line.startswith("onednn_verbose,"):
            fields = line.split(",")
            kind = KINDS.get(fields[7], "") if fields[5] == "convolution" else ""
            found = spent[kind or "other work of oneDNN"]
            found.ms += float(fields[-1]) / TIMED
            if kind:
                found.giga += operations(fields[-2]) / TIMED
    known = sum(found.ms for name, found in spent.items() if name != "all")
    spent["the rest: batch-norm, ReLU, pooling, sums, loss, optimiser"].ms = spent["all"].ms - known
    spent["all"].giga = sum(found.giga for found in spent.values())
    spent["all"] = spent.pop("all")
    return spent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=227)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--precision", default="auto", choices=("auto", "bf16", "fp32"))
    parser.add_argument("--task", choices=("training", "evaluation"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.task:
        work(args.task, args.size, args.batch, args.precision)
        return
    args.precision = pick("cpu", args.precision).precision
    for task in ("training", "evaluation"):
        print(f"{task}: {args.batch} images of {args.size} pixels, {args.precision}")
        for name, found in measure(task, args).items():
            rate = f"{1000 * found.giga / found.ms:7,.0f} GFLOP/s" if found.giga else ""
            print(f"  {name:60} {found.ms:7.1f} ms {rate}")


if __name__ == "__main__":
    main()
