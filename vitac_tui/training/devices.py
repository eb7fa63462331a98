"""Which device computes and in which arithmetic, picked by features and never by a timing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import torch

from vitac_tui.errors import UserError
from vitac_tui.evaluation.evaluate import Precision


@dataclass(frozen=True)
class Picked:
    """What a run computes on; recorded in `environment.json` and reused by resume and replay."""

    device: torch.device
    precision: Precision
    why: str


def pick(device: str, precision: Literal["auto", "fp32", "bf16"]) -> Picked:
    """Resolve the settings `device` and `precision`.

    Raises:
        UserError: the machine lacks what is asked for, or has a GPU that this torch cannot use.
    """
    chosen = _pick_device(device)
    arithmetic, why = _pick_precision(precision, chosen)
    return Picked(chosen, arithmetic, why)


def again(device: str, precision: Precision, threads: int) -> Picked:
    """What an earlier process of a run computed on, as far as this machine still has it.

    Raises:
        UserError: there is no device of that kind any more.
    """
    if device.startswith("cuda") and torch.cuda.is_available():
        index = int(device.partition(":")[2] or 0)
        device = device if index < torch.cuda.device_count() else "auto"
    picked = pick(device, precision)
    torch.set_num_threads(threads)
    return picked


def _pick_device(wanted: str) -> torch.device:
    if wanted == "mps":
        if not torch.backends.mps.is_available():
            raise UserError("no mps device here", where="device", remedy='use "cpu" or "auto"')
        return torch.device("mps")
    if wanted.startswith("cuda"):
        if not torch.cuda.is_available():
            raise UserError(
                f"torch {torch.__version__} finds no usable CUDA device",
                where="device",
                remedy='use "cpu", or install a driver and torch that fit each other',
            )
        index = int(wanted.partition(":")[2] or 0)
        if index >= torch.cuda.device_count():
            raise UserError(
                f"there is no {wanted}; {torch.cuda.device_count()} visible",
                where="device",
                remedy="count from cuda:0",
            )
        return torch.device("cuda", index)
    if wanted == "auto":
        if torch.cuda.is_available():
            free = [torch.cuda.mem_get_info(i)[0] for i in range(torch.cuda.device_count())]
            return torch.device("cuda", free.index(max(free)))
        if unusable := _unusable_gpu():
            raise UserError(
                f"there is a GPU ({unusable}) but torch {torch.__version__} cannot use it",
                where="device",
                remedy='install a torch for its driver, or ask for the CPU with device = "cpu"',
            )
        if torch.backends.mps.is_available():
            return torch.device("mps")
    return torch.device("cpu")


def _unusable_gpu() -> str:
    """Name of an NVIDIA GPU that the driver shows, else ""."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1", "NoDevFiles"):
        return ""  # hidden on purpose
    try:
        listed = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return listed.stdout.splitlines()[0] if listed.returncode == 0 and listed.stdout else ""


def _pick_precision(
    wanted: Literal["auto", "fp32", "bf16"], device: torch.device
) -> tuple[Precision, str]:
    if wanted != "auto":
        return wanted, "asked for"
    if device.type == "cuda":
        major, minor = torch.cuda.get_device_capability(device)
        if major >= 8:
            return "bf16", f"compute capability {major}.{minor}"
        return "fp32", f"compute capability {major}.{minor} has no bf16"
    if device.type == "cpu":
        features = _cpu_flags() & {"amx_bf16", "avx512_bf16"}
        if features:
            return "bf16", f"the CPU has {' and '.join(sorted(features))}"
        return "fp32", "the CPU has neither amx_bf16 nor avx512_bf16"
    return "fp32", f"{device.type} computes in fp32"


@cache
def _cpu_flags() -> frozenset[str]:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return frozenset()
    for line in text.splitlines():
        if line.startswith("flags"):
            return frozenset(line.partition(":")[2].split())
    return frozenset()


@contextmanager
def autocast(device: torch.device, precision: str) -> Iterator[None]:
    """Compute in bf16 where `precision` says so; fp32 otherwise."""
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
        yield


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that a device, or the host, has no memory left."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


def describe(device: torch.device) -> str:
    """The device in words."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({torch.get_num_threads()} threads)" if device.type == "cpu" else str(device)
