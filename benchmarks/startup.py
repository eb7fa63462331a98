"""Measure how long commands take that do not import torch, next to importing torch.

python benchmarks/startup.py
"""

import statistics
import subprocess
import sys
import tempfile
import time

import checkout  # noqa: F401

from vitac_tui.system.child import child_environment

REPEATS = 7
COMMANDS = {
    "vitac-tui --help": ["-P", "-m", "vitac_tui", "--help"],
    "vitac-tui presets": ["-P", "-m", "vitac_tui", "presets"],
    "vitac-tui preset show demo": ["-P", "-m", "vitac_tui", "preset", "show", "demo"],
    "vitac-tui runs": ["-P", "-m", "vitac_tui", "runs"],
    "import torch": ["-c", "import torch"],
}


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(REPEATS):  # interleaved, so that a busy moment affects all of them
            for name, arguments in COMMANDS.items():
                begun = time.perf_counter()
                command = [sys.executable, *arguments]
                environment = child_environment()
                subprocess.run(
                    command, cwd=folder, env=environment, capture_output=True, check=True
                )
                times[name].append(time.perf_counter() - begun)
    for name, taken in times.items():
        print(f"{name:28} {statistics.median(taken) * 1e3:7.0f} ms")


if __name__ == "__main__":
    main()
