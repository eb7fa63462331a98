"""Measure whether the cost per image stays flat as the dataset grows, also beyond memory.

python benchmarks/scaling.py [--size 64]          (100,000 images of 64 pixels take 1.2 GB of disk)
python benchmarks/scaling.py --size 227 --memory-limit 1G

The images are those of the sample set, linked under as many names as needed. For each of 1,000,
10,000 and 100,000 images, one process reads the table, decodes into a new cache, and passes over
all batches as training does, once in order and once shuffled.

With a limit, one process (`beyond_memory.py`) works in a memory control group of that size, page
cache included, on a set whose decoded images take three times the limit.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import checkout  # noqa: F401
import torch
from children import run_child
from limited import NoLimitError, memory_group

from vitac_tui.data.read import read_dataset
from vitac_tui.experiment.dataset import FolderLayout
from vitac_tui.images.builder import open_decoded
from vitac_tui.loading.batches import ImageSet, bounds
from vitac_tui.training.memory import keep_freed_memory

COUNTS = (1_000, 10_000, 100_000)
CLASSES = 12
BATCH = 64
BEYOND = 3  # decoded images take so many times the memory limit
HERE = Path(__file__).parent


def link(count: int, sources: list[Path], root: Path) -> None:
    """Link `count` images into folders of classes under `root`."""
    for number in range(CLASSES):
        (root / f"class{number:02}").mkdir(parents=True)
    for number, source in enumerate(islice(cycle(sources), count)):
        os.link(source, root / f"class{number % CLASSES:02}" / f"{number:06}.png")


def private_mb() -> float:
    """Return this process's memory in MB, without pages that a file backs."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:")) / 1024


def measure(root: Path, cache: Path, size: int) -> dict[str, float]:
    """Return rates in images per second, and the memory at the end."""
    keep_freed_memory()
    dataset = FolderLayout(layout="folder", root=str(root), image_size=size, cache=str(cache))
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
    images = ImageSet(decoded.pixels, rows, rows % CLASSES, torch.device("cpu"), decoded.spec)
    for name, order in (("in order", rows), ("shuffled", torch.randperm(count))):
        begun = time.perf_counter()
        for _ in images.batches(order[start:end] for start, end in bounds(count, BATCH)):
            pass
        lap(name)
    found["memory_mb"] = private_mb()
    return found


def flat(size: int, sources: list[Path], folder: Path) -> None:
    """Print a row for each number of images."""
    print(f"{'images':>8}{'table':>10}{'decode':>10}{'in order':>10}{'shuffled':>10}{'memory':>10}")
    for count in COUNTS:
        root, cache = folder / f"set{count}", folder / f"cache{count}"
        link(count, sources, root)
        found = json.loads(run_child([__file__, "--size", size, "--child", root, cache])[0])
        rates = "".join(
            f"{found[key]:8.0f}/s" for key in ("table", "decode", "in order", "shuffled")
        )
        print(f"{count:8}{rates}{found['memory_mb']:7.0f} MB", flush=True)


def limited(size: int, limit: int, sources: list[Path], folder: Path) -> None:
    """Print the table of one dataset that does not fit into memory."""
    image = size * size * 3
    count = BEYOND * limit // image
    link(count, sources, folder / "set")
    command = [sys.executable, HERE / "beyond_memory.py", folder / "set", folder / "cache", size]
    try:
        with memory_group(limit) as group:
            found = json.loads(group.output(command))
            most, kills = group.most, group.kills
    except NoLimitError as reason:
        print(f"skipped: memory cannot be limited on this machine: {reason}")
        return
    memory = {name: found.pop(name) for name in ("RssAnon", "RssFile", "VmHWM")}
    print(f"{count} images of {size} pixels, {count * image / 1e6:.0f} MB, in {limit / 1e6:.0f} MB")
    for name, rate in found.items():
        print(f"{name:36}{rate:9.0f} images/s{rate * image / 1e6:9.0f} MB/s")
    print(f"the process at the end: {memory['RssAnon']:.0f} MB of its own,")
    print(f"  {memory['RssFile']:.0f} MB of mapped files, peak of both {memory['VmHWM']:.0f} MB")
    print(f"the group with its page cache: peak {most / 1e6:.0f} MB; killed processes: {kills}")


def in_bytes(text: str) -> int:
    """Return the bytes of `300M` or `1G`, in powers of two."""
    units = {"M": 2**20, "G": 2**30}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isdigit():
        raise argparse.ArgumentTypeError("write 300M or 1G")
    return int(number) * units[unit]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument(
        "--memory-limit", type=in_bytes, help="such as 1G; the decoded images take three times that"
    )
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        root, cache = args.child
        print(json.dumps(measure(root, cache, args.size)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_child(["-P", "-m", "vitac_tui", "dataset", "sample", folder / "sample", "--quiet"])
        sources = sorted((folder / "sample").glob("vis*/**/*.png"))
        if args.memory_limit:
            limited(args.size, args.memory_limit, sources, folder)
        else:
            flat(args.size, sources, folder)


if __name__ == "__main__":
    main()
