"""How much two trainings on one machine slow each other, by OpenMP's wait policy.

python benchmarks/two_runs.py [--size 64] [--seconds 10] [--rounds 3]

Each training is a process of its own with as many threads as the machine has cores, which is what
torch starts. Steps per second are counted while one training runs, and while two do. The policies
take turns, so that a busy moment hits all alike. A ratio of 2 means that two trainings share the
machine fairly; more is lost to waiting in a busy loop.

Measured on 2 cores that other processes kept busy (load average 5 to 7), 2026-11-25, steps per
second, medians of two rounds, first and second measurement:

| wait policy | one training | two at once, each |
|---|---|---|
| as set by the system | 0.63, 0.69 | 0.18, 0.23 |
| passive | 2.69, 3.43 | 3.40, 2.19 |
| short spin | 1.77, 1.17 | 0.91, 0.76 |

With the passive policy, two trainings at once are 10 to 19 times as fast as with the system's,
and one training on a busy machine is 4 to 5 times as fast. With the load average below 2, on the
same virtual machine, a step of one training took 0.22 s with the passive policy and 1.58 s with the
system's. The cost on an idle machine of its own has not been measured.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

POLICIES = {
    "as set by the system": {},
    "passive": {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"},
    "short spin": {"GOMP_SPINCOUNT": "10000"},
}
NAMES = ("OMP_WAIT_POLICY", "KMP_BLOCKTIME", "GOMP_SPINCOUNT", "OMP_NUM_THREADS")


def train(size: int, seconds: float) -> None:
    """Train a ResNet-18 on noise and print the steps per second."""
    import torch
    from torchvision.models import resnet18

    torch.manual_seed(0)
    model = resnet18(num_classes=8)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    images, labels = torch.randn(32, 3, size, size), torch.arange(32) % 8

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    step()
    print("ready", flush=True)
    sys.stdin.readline()
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        step()
        steps += 1
    print(steps / (time.perf_counter() - began), flush=True)


def together(count: int, policy: dict[str, str], args: argparse.Namespace) -> float:
    """Return the mean steps per second of `count` trainings that run at the same time."""
    environment = {key: value for key, value in os.environ.items() if key not in NAMES}
    command = [sys.executable, __file__, "--train"]
    command += ["--size", str(args.size), "--seconds", str(args.seconds)]
    processes = [
        subprocess.Popen(
            command,
            env={**environment, **policy},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return statistics.mean(float(process.communicate()[0]) for process in processes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--train", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.train:
        return train(args.size, args.seconds)
    rates: dict[tuple[str, int], list[float]] = {}
    for _ in range(args.rounds):
        for name, policy in POLICIES.items():
            for count in (1, 2):
                rates.setdefault((name, count), []).append(together(count, policy, args))
    first = next(iter(POLICIES))
    print(f"{os.cpu_count()} cores, {args.size} pixels; steps per second, median")
    print("| wait policy | one training | two at once, each | ratio | one, against the first |")
    print("|---|---|---|---|---|")
    for name in POLICIES:
        one, two = (statistics.median(rates[name, count]) for count in (1, 2))
        against = one / statistics.median(rates[first, 1])
        print(f"| {name} | {one:.2f} | {two:.2f} | {one / two:.1f} | {against:.2f} |")
    return None


if __name__ == "__main__":
    main()
