"""The report of `against_recipe.py`: medians, ratios, shares of the machine's best rate."""

import statistics
from dataclasses import dataclass, field
from typing import Any

import checkout  # noqa: F401
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import resnet18

from vitac_tui.evaluation import accuracy_interval

SEARCHES = ("largest amount, bisection", "largest amount, nine")


@dataclass
class Side:
    """What one side has measured.

    Attributes:
        seconds: one entry per round (per epoch for training) of each task.
        peak_mb: peak memory of all its processes, one entry per round.
        top1: accuracy of the model that this side trained.
        shared_top1: accuracy that this side measures for the model that vitac-tui trained.
        found: for each search, the amount found, the amounts evaluated and the images evaluated.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    peak_mb: list[float] = field(default_factory=list)
    top1: float = float("nan")
    shared_top1: float = float("nan")
    found: dict[str, tuple[str, int, int]] = field(default_factory=dict)

    def add(self, task: str, seconds: float) -> None:
        self.seconds.setdefault(task, []).append(seconds)

    def median(self, task: str) -> float:
        return statistics.median(self.seconds[task])


def report(
    recipe: Side, ours: Side, limits: dict[str, float],
    *, images: int, size: int, epochs: int, precision: str,
) -> dict[str, Any]:  # fmt: skip
    """Print the tables and return all numbers as plain data."""
    print(f"{images} images at {size} pixels, half of them held out; {epochs} epochs")
    _print_times(recipe, ours)
    for name, rate in limits.items():
        print(f"best of this machine: {name:20}{rate:10.0f}")
    rates = _print_rates(recipe, ours, limits, images / 2, size, precision)
    _print_accuracies(recipe, ours, images / 2)
    return {
        "images": images,
        "size": size,
        "precision": precision,
        "recipe": vars(recipe),
        "vitac-tui": vars(ours),
        "limits": limits,
        "gflops": rates,
    }


def _print_times(recipe: Side, ours: Side) -> None:
    print(f"{'':30}{'recipe':>10}{'vitac-tui':>11}{'ratio':>8}   ratio of each round or epoch")
    for task in (task for task in recipe.seconds if task in ours.seconds):
        slow, fast = recipe.median(task), ours.median(task)
        pairs = zip(recipe.seconds[task], ours.seconds[task], strict=True)
        each = "  ".join(f"{a / b:.1f}" for a, b in pairs)
        print(f"{task:30}{slow:8.2f} s{fast:9.2f} s{slow / fast:7.1f}x   {each}")
    for task, (amount, amounts, evaluated) in ours.found.items():
        print(f"{task:30}{amount:>10} from {amounts} amounts and {evaluated:,} evaluated images")
    memory = [statistics.median(side.peak_mb) for side in (recipe, ours)]
    if all(memory):
        ratio = memory[0] / memory[1]
        print(f"{'peak memory':30}{memory[0]:7.0f} MB{memory[1]:8.0f} MB{ratio:7.1f}x")
    else:
        print("peak memory: not measured, since this system has no /proc")


def _print_rates(
    recipe: Side, ours: Side, limits: dict[str, float], images: float, size: int, precision: str
) -> dict[str, float]:
    """Print and return the GFLOP/s of training and evaluation on both sides."""
    forward, rates = _forward_gflop(size), {}
    for task, operations in (("training epoch", 3 * forward), ("evaluation", forward)):
        for side, name, dtype in ((recipe, "recipe", "fp32"), (ours, "vitac-tui", precision)):
            rate = rates[f"{task}, {name}"] = operations * images / side.median(task)
            share = rate / limits[f"conv_{dtype}_gflops"]
            print(
                f"{task}, {name}: {rate:.0f} GFLOP/s, {share:.0%} of the best {dtype} convolution"
            )
    return rates


def _print_accuracies(recipe: Side, ours: Side, images: float) -> None:
    for text, pair in (
        ("each its own model", (recipe.top1, ours.top1)),
        ("vitac-tui's model on both", (recipe.shared_top1, ours.shared_top1)),
    ):
        shown = []
        for top1 in pair:
            correct = np.arange(round(images)) < round(top1 * images)
            low, high = accuracy_interval(correct)
            shown.append(f"{100 * top1:.1f} [{100 * low:.1f}, {100 * high:.1f}]")
        print(f"top-1 in %, {text}: recipe {shown[0]}, vitac-tui {shown[1]}")


def _forward_gflop(size: int) -> float:
    """Return the GFLOP of a ResNet18's convolutions and matrix products for one image."""
    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        resnet18().eval()(torch.zeros(1, 3, size, size))
    return counter.get_total_flops() / 1e9
