"""What the machine can do at best, so that a reader sees how far from it a figure is.

python benchmarks/limits.py        (prints one line of JSON)
"""

import json
import time
from collections.abc import Callable

import torch
from torch import nn

REPEATS = 12
MATRIX = 2048
IMAGES, CHANNELS, SIDE = 64, 128, 28  # the middle of ResNet18 at 224 pixels
COPIED = 2**28  # bytes
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some repetitions, warmed up."""
    work()
    times = []
    for _ in range(REPEATS):
        _wait()
        begun = time.perf_counter()
        work()
        _wait()
        times.append(time.perf_counter() - begun)
    return min(times)


def _wait() -> None:
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


@torch.inference_mode()
def limits() -> dict[str, float]:
    """Best rates: GFLOP/s of a convolution and of a matrix product, GB/s of a copy."""
    found = {}
    for dtype, name in ((torch.float32, "fp32"), (torch.bfloat16, "bf16")):
        layer = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False).to(DEVICE, dtype)
        layer = layer.to(memory_format=torch.channels_last)
        images = torch.randn(IMAGES, CHANNELS, SIDE, SIDE, dtype=dtype, device=DEVICE)
        images = images.contiguous(memory_format=torch.channels_last)
        operations = 2 * IMAGES * SIDE**2 * CHANNELS**2 * 9
        found[f"conv_{name}_gflops"] = operations / best(lambda: layer(images)) / 1e9  # noqa: B023
        left = torch.randn(MATRIX, MATRIX, dtype=dtype, device=DEVICE)
        right = torch.randn(MATRIX, MATRIX, dtype=dtype, device=DEVICE)
        taken = best(lambda: left @ right)  # noqa: B023
        found[f"matrix_{name}_gflops"] = 2 * MATRIX**3 / taken / 1e9
    source = torch.randn(COPIED // 4, device=DEVICE)
    target = torch.empty_like(source)
    found["copy_gbs"] = 2 * COPIED / best(lambda: target.copy_(source)) / 1e9
    return found


if __name__ == "__main__":
    print(json.dumps(limits()))
