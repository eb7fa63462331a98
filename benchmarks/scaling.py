"""Whether cost per image stays flat as the dataset grows: 1,000, 10,000 and 100,000 images.

python benchmarks/scaling.py [--size 64]          (100,000 images of 64 pixels take 1.2 GB of disk)

The images are those of the sample set, linked under as many names as needed. For each size one
process reads the table, decodes into a new cache, passes over all batches as training does, once in
order and once shuffled.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import torch

from vitac_tui.data.read import read_dataset
from vitac_tui.experiment.dataset import Folder
from vitac_tui.loading.batches import ImageSet, bounds
from vitac_tui.loading.cache_builder import open_decoded
from vitac_tui.training.memory import keep_freed_memory

COUNTS = (1_000, 10_000, 100_000)
CLASSES = 12
BATCH = 64


def link(count: int, sources: list[Path], root: Path) -> None:
    """`count` images in folders of classes, under `root`."""
    for number in range(CLASSES):
        (root / f"class{number:02}").mkdir(parents=True)
    for number, source in enumerate(islice(cycle(sources), count)):
        os.link(source, root / f"class{number % CLASSES:02}" / f"{number:06}.png")


def private_mb() -> float:
    """Memory of this process that no file backs; pages of the cache belong to the system."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:")) / 1024


def measure(root: Path, cache: Path, size: int) -> dict[str, float]:
    """Rates in images a second, and memory at the end."""
    keep_freed_memory()
    dataset = Folder(layout="folder", root=str(root), image_size=size, cache=str(cache))
    begun = time.perf_counter()
    table = read_dataset(dataset)
    count, found = len(table.samples), {}

    def lap(name: str) -> None:
        nonlocal begun
        now = time.perf_counter()
        found[name] = count / (now - begun)
        begun = now

    lap("table")
    decoded = open_decoded(table, dataset)
    lap("decode")
    rows = torch.arange(count)
    images = ImageSet(decoded.pixels, rows, rows % CLASSES, torch.device("cpu"))
    for name, order in (("in order", rows), ("shuffled", torch.randperm(count))):
        begun = time.perf_counter()
        for start, end in bounds(count, BATCH):
            images.batch(order[start:end])
        lap(name)
    found["memory_mb"] = private_mb()
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(measure(*args.child, args.size)))
        return
    print(f"{'images':>8}{'table':>10}{'decode':>10}{'in order':>10}{'shuffled':>10}{'memory':>10}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sample = [sys.executable, "-m", "vitac_tui", "dataset", "sample", folder / "sample"]
        subprocess.run([*sample, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        sources = sorted((folder / "sample").glob("vis*/**/*.png"))
        for count in COUNTS:
            root, cache = folder / f"set{count}", folder / f"cache{count}"
            link(count, sources, root)
            command = [sys.executable, __file__, "--size", str(args.size), "--child", root, cache]
            found = json.loads(subprocess.check_output(command))
            rates = "".join(
                f"{found[key]:8.0f}/s" for key in ("table", "decode", "in order", "shuffled")
            )
            print(f"{count:8}{rates}{found['memory_mb']:7.0f} MB", flush=True)


if __name__ == "__main__":
    main()
