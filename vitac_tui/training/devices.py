"""The device and the precision of a run, and the message for a full memory."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import Literal

import torch

from vitac_tui.errors import UserError
from vitac_tui.models.precision import Precision, pick_precision
from vitac_tui.system.memory import available_memory


@dataclass(frozen=True)
class Picked:
    """The device and precision of a run, kept in `environment.json` for resume and replay."""

    device: torch.device
    precision: Precision
    why: str


def pick(device: str, precision: Literal["auto"] | Precision) -> Picked:
    """Resolve the settings `device` and `precision`.

    Raises:
        UserError: the machine lacks the device, or has a GPU that this torch cannot use.
    """
    # cuBLAS reads this on start; without it, the same product may differ between runs.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    chosen = _pick_device(device)
    arithmetic, why = pick_precision(precision, chosen)
    return Picked(chosen, arithmetic, why)


def again(device: str, precision: Precision, threads: int) -> Picked:
    """Return the device of an earlier process of a run, or one of the same kind.

    Raises:
        UserError: the machine has no device of that kind any more.
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
            raise UserError(
                "this machine has no mps device", where="device", remedy='use "cpu" or "auto"'
            )
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
                f"{wanted} does not exist; {torch.cuda.device_count()} visible",
                where="device",
                remedy="count from cuda:0",
            )
        return torch.device("cuda", index)
    if wanted == "auto":
        if torch.cuda.is_available():
            free = [_free_memory(index) for index in range(torch.cuda.device_count())]
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


def _free_memory(index: int) -> int:
    """Return free bytes; 0 for a GPU that refuses a process or lacks memory for one."""
    try:
        return torch.cuda.mem_get_info(index)[0]
    except RuntimeError:
        return 0


def _unusable_gpu() -> str:
    """Return the name of an NVIDIA GPU that the driver lists, or ""."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1", "NoDevFiles"):
        return ""  # hidden on purpose
    try:
        listed = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return listed.stdout.splitlines()[0] if listed.returncode == 0 and listed.stdout else ""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception means that the device or the host ran out of memory."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


def out_of_memory(error: BaseException, device: torch.device, batch_size: int) -> UserError:
    """Return the error for a training that ran out of memory."""
    needed = re.search(r"Tried to allocate [^.]*(\.\d+ \w+)?|allocate \d+ bytes", str(error))
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        held = torch.cuda.max_memory_allocated(device)
        used, left, whole = (f"{size / 2**20:.0f}" for size in (held, free, total))
        had = f"peak use {used} MiB, {left} of {whole} MiB free"
    else:
        host = available_memory()
        had = (
            f"{host / 2**20:.0f} MiB free" if host is not None else "amount of free memory unknown"
        )
    if needed:
        had = f"{needed[0]}; {had}"
    return UserError(
        f"out of memory on {device} with batches of {batch_size} ({had})",
        where="train.batch_size",
        remedy=f"try {max(2, batch_size // 2)}, a smaller dataset.image_size or a smaller network",
    )


def describe(device: torch.device) -> str:
    """Return the device as text, with the GPU's name or the number of threads."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({torch.get_num_threads()} threads)" if device.type == "cpu" else str(device)
