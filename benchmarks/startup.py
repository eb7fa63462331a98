"""How long light commands take, beside importing torch, which they do not do.

python benchmarks/startup.py
"""

import statistics
import subprocess
import sys
import tempfile
import time

REPEATS = 7
COMMANDS = {
    "vitac-tui --help": ["-m", "vitac_tui", "--help"],
    "vitac-tui presets": ["-m", "vitac_tui", "presets"],
    "vitac-tui preset show demo": ["-m", "vitac_tui", "preset", "show", "demo"],
    "vitac-tui runs": ["-m", "vitac_tui", "runs"],
    "import torch": ["-c", "import torch"],
}


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(REPEATS):  # interleaved, so that a busy moment hits all alike
            for name, arguments in COMMANDS.items():
                begun = time.perf_counter()
                subprocess.run(
                    [sys.executable, *arguments], cwd=folder, capture_output=True, check=True
                )
                times[name].append(time.perf_counter() - begun)
    for name, taken in times.items():
        print(f"{name:28} {statistics.median(taken) * 1e3:7.0f} ms")


if __name__ == "__main__":
    main()
