"""The precision that networks compute in, chosen by features of the hardware."""

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
    """Return the precision for a device, and the reason.

    fp16 is only used on GPUs without bf16, which is as fast and needs no loss scaling. Users cannot
    ask for fp16, but a run that used it can be resumed anywhere.
    """
    if wanted != "auto":
        return wanted, "requested"
    if device.type == "cuda":
        return for_capability(torch.cuda.get_device_capability(device))
    if device.type == "cpu":
        features = cpu_flags() & {"amx_bf16", "avx512_bf16"}
        if features:
            return "bf16", f"the CPU has {' and '.join(sorted(features))}"
        return "fp32", "the CPU has neither amx_bf16 nor avx512_bf16"
    return "fp32", f"{device.type} computes in fp32"


def for_capability(capability: tuple[int, int]) -> tuple[Precision, str]:
    """Return the precision for a CUDA compute capability, and the reason."""
    text = "compute capability {}.{}".format(*capability)
    if capability >= _BF16:
        return "bf16", text
    if capability >= _TENSOR_CORES:
        return "fp16", f"{text} has fp16 but not bf16"
    return "fp32", f"{text} has neither bf16 nor fast fp16"


@cache
def cpu_flags() -> frozenset[str]:
    """Return the CPU's features as named in /proc/cpuinfo; none if there is no such file."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return frozenset()
    for line in text.splitlines():
        if line.startswith("flags"):
            return frozenset(line.partition(":")[2].split())
    return frozenset()


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Return a context that computes products and convolutions in `precision`."""
    kind = _TYPES.get(precision, torch.bfloat16)
    return torch.autocast(device.type, dtype=kind, enabled=precision in _TYPES)


def loss_scaler(device: torch.device, precision: Precision) -> GradScaler:
    """Return a scaler that keeps small gradients from vanishing in fp16; else it does nothing.

    If gradients overflow, the fused optimisers skip the step on the device and the scale is halved.
    That is how the scale is found: it happens in every training, mostly in the first steps, and the
    loss and the weights stay finite.
    """
    return GradScaler(device.type, enabled=precision == "fp16")
