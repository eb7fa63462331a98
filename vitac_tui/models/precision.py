"""In which arithmetic networks compute: picked by features of the hardware, never by a timing."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import torch
from torch.amp.grad_scaler import GradScaler

Precision = Literal["fp32", "bf16", "fp16"]
_TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
_TENSOR_CORES = (7, 0)  # compute capability from which a GPU has fast fp16
_BF16 = (8, 0)


def pick_precision(
    wanted: Literal["auto"] | Precision, device: torch.device
) -> tuple[Precision, str]:
    """The arithmetic for a device, and why it is this one.

    fp16 is for the GPUs that have nothing better; where there is bf16, which needs no scaling of
    the loss, it is as fast. So users cannot ask for fp16, but a run that was made with it can be
    gone on with anywhere.
    """
    if wanted != "auto":
        return wanted, "asked for"
    if device.type == "cuda":
        return for_capability(torch.cuda.get_device_capability(device))
    if device.type == "cpu":
        features = cpu_flags() & {"amx_bf16", "avx512_bf16"}
        if features:
            return "bf16", f"the CPU has {' and '.join(sorted(features))}"
        return "fp32", "the CPU has neither amx_bf16 nor avx512_bf16"
    return "fp32", f"{device.type} computes in fp32"


def for_capability(capability: tuple[int, int]) -> tuple[Precision, str]:
    """The arithmetic for a CUDA device of a compute capability, and why it is this one."""
    said = "compute capability {}.{}".format(*capability)
    if capability >= _BF16:
        return "bf16", said
    if capability >= _TENSOR_CORES:
        return "fp16", f"{said} has fp16 and no bf16"
    return "fp32", f"{said} has neither bf16 nor fast fp16"


@cache
def cpu_flags() -> frozenset[str]:
    """Features of the CPU, by their names in /proc/cpuinfo; none where there is no such file."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return frozenset()
    for line in text.splitlines():
        if line.startswith("flags"):
            return frozenset(line.partition(":")[2].split())
    return frozenset()


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Compute a network's products and convolutions in `precision`; fp32 leaves all as it is."""
    kind = _TYPES.get(precision, torch.bfloat16)
    return torch.autocast(device.type, dtype=kind, enabled=precision in _TYPES)


def loss_scaler(device: torch.device, precision: Precision) -> GradScaler:
    """Keeps small gradients from vanishing in fp16; in other arithmetic it does nothing.

    A step whose gradients overflow is skipped on the device, by the fused optimisers, and the
    scale is halved. That is how the scale is found, and happens in every training: the loss and
    the weights stay finite, and the first steps are the most likely ones.
    """
    return GradScaler(device.type, enabled=precision == "fp16")
