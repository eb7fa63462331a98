"""Measure the machine's best rates, to which the rates of a benchmark can be compared.

python benchmarks/limits.py [fp32] [bf16] [fp16]      (prints one line of JSON)

Precisions that the machine only emulates take minutes, so name those that matter.
"""

import json
import sys
import time
from collections.abc import Callable

import torch
from torch import nn

REPEATS = 12
MATRIX = 2048
IMAGES, CHANNELS, SIDE = 64, 128, 28  # the middle of ResNet18 at 224 pixels
COPIED = 2**28  # bytes
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def best(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest repetition, after a warm-up."""
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
def limits(precisions: list[str]) -> dict[str, float]:
    """Return GFLOP/s of a convolution and of a matrix product, and GB/s of a copy."""
    found = {}
    for name in dict.fromkeys(precisions):
        dtype = DTYPES[name]
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
    print(json.dumps(limits(sys.argv[1:] or ["fp32", "bf16"])))
