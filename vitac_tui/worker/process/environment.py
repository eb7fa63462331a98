"""The software and hardware of a run, recorded to explain results that differ elsewhere."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, get_args

import torch

import vitac_tui
from vitac_tui.errors import UserError
from vitac_tui.experiment.settings import Experiment
from vitac_tui.models.precision import Precision
from vitac_tui.runs.directory import ENVIRONMENT_SCHEMA, RunDir, read_environment
from vitac_tui.system.process import this_process
from vitac_tui.training.devices import Picked, again, describe, pick

PACKAGES = ("torch", "torchvision", "torch-pruning", "numpy", "pillow", "safetensors")


def environment(picked: Picked, *, command: list[str] | None = None) -> dict[str, Any]:
    """Return the content of `environment.json`."""
    return {
        "schema": ENVIRONMENT_SCHEMA,
        "versions": {"vitac-tui": vitac_tui.__version__, "python": platform.python_version()}
        | {name: _version(name) for name in PACKAGES},
        "device": str(picked.device),
        "device_name": describe(picked.device),
        "precision": picked.precision,
        "precision_why": picked.why,
        "threads": torch.get_num_threads(),
        "cpu": _cpu(),
        "platform": platform.platform(),
        "git_commit": _git_commit(),
        "command": command if command is not None else sys.argv,
        "working_dir": str(Path.cwd()),
        "process": asdict(this_process()),
        "slurm_job": os.environ.get("SLURM_JOB_ID", ""),
    }


def picked_before(run: RunDir, experiment: Experiment) -> Picked:
    """Return the device and precision of a run's first process, unless a device is now set.

    Results depend on the kind of device and the number of threads, but not on which of several
    GPUs is used. After a requeue it may be another GPU.

    Raises:
        UserError: the record cannot be read, or the machine no longer has such a device.
    """
    recorded = read_environment(run)
    made_with: list[Any] = [recorded.get(key) for key in ("device", "precision", "threads")]
    device, precision, threads = made_with
    if not (
        re.fullmatch(r"cpu|mps|cuda(:[0-9]{1,3})?", str(device))
        and precision in get_args(Precision)
        and isinstance(threads, int)
        and 0 < threads < 10_000
    ):
        raise UserError(
            "does not name a valid device, precision and number of threads",
            where=str(run.environment),
            remedy="start a new run",
        )
    if experiment.device != "auto":
        torch.set_num_threads(threads)
        return pick(experiment.device, precision)
    return again(device, precision, threads)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


def _git_commit() -> str:
    """Return the commit of the working directory, with + if it has changes; "" without git."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return described.stdout.strip() if described.returncode == 0 else ""
