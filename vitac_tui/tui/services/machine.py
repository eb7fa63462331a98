"""One line about the machine that the app runs on: processor, memory, disk, GPU."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Machine:
    """Reads the system's counters; processor load is that since the reading before."""

    _busy: tuple[float, float] = (0.0, 0.0)
    _gpus: Any = field(default=None)
    _asked: bool = False

    def line(self, place: Path) -> str:
        """The line, with the free space of the disk that `place` is on."""
        parts = [self._cpu(), _memory(), _disk(place), *self._gpu()]
        return "  ".join(part for part in parts if part)

    def _cpu(self) -> str:
        try:
            fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        except OSError:
            return f"load {os.getloadavg()[0]:.1f}"
        ticks = [float(field) for field in fields]
        idle, total = ticks[3] + ticks[4], sum(ticks[:8])
        before, self._busy = self._busy, (idle, total)
        span = total - before[1]
        if not before[1] or span <= 0:
            return f"{os.cpu_count()} cores"
        return f"cpu {100 * (1 - (idle - before[0]) / span):.0f} % of {os.cpu_count()}"

    def _gpu(self) -> list[str]:
        """Each GPU by NVIDIA's management library, where that is installed and finds one."""
        if not self._asked:
            self._asked = True
            try:
                import pynvml  # the package is called nvidia-ml-py

                pynvml.nvmlInit()
                self._gpus = pynvml
            except Exception:  # no package, no driver, no card: then there is no GPU to show
                self._gpus = None
        if self._gpus is None:
            return []
        try:
            return [self._one(number) for number in range(self._gpus.nvmlDeviceGetCount())]
        except self._gpus.NVMLError as problem:
            return [f"gpu: {problem}"]

    def _one(self, number: int) -> str:
        handle = self._gpus.nvmlDeviceGetHandleByIndex(number)
        memory = self._gpus.nvmlDeviceGetMemoryInfo(handle)
        load = self._gpus.nvmlDeviceGetUtilizationRates(handle).gpu
        return f"gpu{number} {load} % {memory.used / 1e9:.1f}/{memory.total / 1e9:.0f} GB"


def _memory() -> str:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        sizes = {line.split(":")[0]: float(line.split()[1]) * 1024 for line in lines}
        total, free = sizes["MemTotal"], sizes["MemAvailable"]
    except (OSError, KeyError, ValueError, IndexError):
        return ""
    return f"memory {(total - free) / 1e9:.1f}/{total / 1e9:.0f} GB"


def _disk(place: Path) -> str:
    try:
        return f"disk {shutil.disk_usage(place).free / 1e9:.0f} GB free"
    except OSError:
        return ""
