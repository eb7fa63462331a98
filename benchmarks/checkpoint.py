"""Measure the cost of a checkpoint: how long training waits, and how long a thread writes.

python benchmarks/checkpoint.py [ARCH]

Prints medians of five, and their share of an epoch of one minute.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import checkout  # noqa: F401
import torch

from vitac_tui.models.build import build
from vitac_tui.training.checkpoints import Checkpointer

REPEATS = 5
EPOCH_S = 60.0


def main() -> None:
    arch = sys.argv[1] if len(sys.argv) > 1 else "resnet18"
    model = build(arch, 1000)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    model(torch.randn(2, 3, 64, 64)).sum().backward()
    optimizer.step()
    waits, writes, size = [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "resume.pt"
        saver = Checkpointer(path, "1 epoch", seq=lambda: 0, emit=lambda event, unit: None)
        for epoch in range(REPEATS):
            state = {
                "epoch": epoch,
                "step": epoch,
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
            }
            begun = time.perf_counter()
            saver.save("unit", state)
            waits.append(time.perf_counter() - begun)
            saver.wait()
            writes.append(time.perf_counter() - begun - waits[-1])
        size = path.stat().st_size
    wait, write = statistics.median(waits), statistics.median(writes)
    print(f"{arch} with Adam: {size / 1e6:.0f} MB")
    print(f"training waits {wait * 1e3:.0f} ms: {100 * wait / EPOCH_S:.2f} % of {EPOCH_S:.0f} s")
    print(f"a thread writes {write * 1e3:.0f} ms; both: {100 * (wait + write) / EPOCH_S:.2f} %")


if __name__ == "__main__":
    main()
