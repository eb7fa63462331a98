"""Measure a training step of ResNet18 with and without `train.compile`, and its break-even.

python benchmarks/compiling.py [--device auto] [--sizes 64 128] [--precisions bf16 fp32]
    [--batch 64]

Compiles anew each time. Times the forward and backward pass, which are what is compiled. bf16 takes
long on machines that only emulate it.
"""

import argparse
import os
import tempfile
from pathlib import Path

import checkout  # noqa: F401
import torch

from vitac_tui.models.build import build
from vitac_tui.models.precision import Precision
from vitac_tui.runs import events
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.interrupt import Interrupter
from vitac_tui.runs.progress import Progress
from vitac_tui.training.compiling import CACHE_VARIABLE, compiled
from vitac_tui.training.devices import describe, pick
from vitac_tui.training.memory import keep_freed_memory
from vitac_tui.training.seeding import choose_algorithms

CLASSES = 12
STEPS = 10_000


def measured(device: torch.device, size: int, precision: Precision, batch: int) -> str:
    """Return the note that a run would log about its compiled steps."""
    notes: list[str] = []

    def emit(event: events.Event, _unit: str) -> None:
        if isinstance(event, events.Note):
            notes.append(event.text)

    model = build("resnet18", CLASSES).to(device).to(memory_format=torch.channels_last)
    model.train()
    images = torch.randn(batch, 3, size, size, device=device)
    labels = torch.arange(batch, device=device) % CLASSES
    compiled(
        model,
        (images.contiguous(memory_format=torch.channels_last), labels),
        precision=precision,
        steps=STEPS,
        context=RunContext(emit, Interrupter(), Progress()),
        unit="benchmark",
    )
    return notes[0]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="auto")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--precisions", nargs="+", default=["bf16", "fp32"])
    parser.add_argument("--batch", type=int, default=64)
    args = parser.parse_args()
    keep_freed_memory()
    device = pick(args.device, "fp32").device
    choose_algorithms(device, deterministic=True)
    print(f"{describe(device)}, batches of {args.batch}")
    with tempfile.TemporaryDirectory() as folder:
        for size in args.sizes:
            for precision in args.precisions:
                os.environ[CACHE_VARIABLE] = str(Path(folder) / f"{size}-{precision}")
                note = measured(device, size, precision, args.batch)
                print(f"{size:4} px, {precision}: {note}", flush=True)


if __name__ == "__main__":
    main()
