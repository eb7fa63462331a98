"""Measure what the near-duplicate search finds on known datasets, and how long it takes.

    python benchmarks/near_duplicates.py [--vitac DIR] [--kth DIR] [--unseen] [--time]

Prints one row per dataset, with shares in per cent of the test images. The sample set is rendered
into a temporary folder; the others are read in place. --unseen adds datasets on which no threshold
was chosen; --time measures the search on generated images instead.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vitac_tui.audit.comparison import compare_images
from vitac_tui.audit.dataset_table import read_as, validated
from vitac_tui.audit.no_contact import no_contact_baseline
from vitac_tui.audit.survey import describe
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.images.builder import open_decoded
from vitac_tui.sampleset import SampleSpec, render_sample

Case = tuple[str, Path, tuple[str, ...]]  # name, folder, settings
HEAD = (
    "dataset and settings | images | near-duplicates | elsewhere | unclear | medians | baselines | "
    "verdict"
)
SIZE, CLASSES, FRAMES = 227, 10, 5  # of the generated images
TIMED = 10_000


def sample_cases(root: Path, spec: SampleSpec, name: str) -> Iterator[Case]:
    render_sample(root, spec)
    for modality in ("tactile", "visual"):
        for by in ("group", "image"):
            sets = ("layout='vitac'", f"modality='{modality}'", f"split.by='{by}'")
            yield f"{name}, {modality}, by {by}", root, sets


def kth_cases(root: Path, unseen: bool) -> Iterator[Case]:
    yield "KTH-TIPS, by scale", root, ("layout='folder'", r"group='scale_(\d+)_'")
    yield "KTH-TIPS, by image", root, ("layout='folder'", "split.by='image'")
    yield "KTH-TIPS, by pose", root, ("layout='folder'", r"group='im_(\d+)_'")
    if unseen:
        for seed in (7, 8):
            for name, setting in (
                ("scale", r"group='scale_(\d+)_'"),
                ("image", "split.by='image'"),
            ):
                sets = ("layout='folder'", setting, f"split.seed={seed}", "image_size=160")
                yield f"KTH-TIPS, by {name}, 160 px, split {seed}", root, sets


def row(case: Case) -> str:
    """Return the row of a dataset."""
    name, root, sets = case
    dataset = validated({"root": str(root), "layout": "folder"}, [f"dataset.{s}" for s in sets])
    dataset = dataset.model_copy(update={"cache": "off"})
    table = read_as(dataset).table
    _, report = describe(dataset, table, table, open_decoded(table, dataset), ())
    near = report["near_copies"]["test"]
    shares = [f"{100 * near[key]:.1f}" for key in ("near", "near_spread", "unclear")]
    medians = f"{near['median_same']} / {near['median_other']}"
    baselines = report["probes"].get("test", {})
    tops = " / ".join(
        f"{100 * baselines[k]:.1f}" for k in ("pixels", "structure", "colour") if baselines
    )
    grade = report["verdict_grade"].replace("_", " ")
    return " | ".join([name, str(near["images"]), *shares, medians, tops or "-", grade])


def timed(held: int) -> str:
    """Time 10,000 generated tactile images in a memory-mapped file, one in `held` held out."""
    samples = tuple(
        Sample(
            f"{number}.png",
            number % CLASSES,
            str(number % CLASSES),
            f"{number // (CLASSES * FRAMES)}",
            frame=number // CLASSES % FRAMES,
            split="test" if number % held == 0 else "train",
        )
        for number in range(TIMED)
    )
    table = SampleTable(Path(), samples)
    block = np.random.default_rng(0).integers(0, 256, (200, SIZE, SIZE, 3), np.uint8)
    with tempfile.TemporaryFile() as file:
        for _ in range(TIMED // len(block)):
            file.write(block.data)
        file.flush()
        pixels = np.memmap(file, np.uint8, "r", shape=(TIMED, SIZE, SIZE, 3))
        begun = time.perf_counter()
        compare_images(table, pixels)
        compared = time.perf_counter()
        no_contact_baseline(table, pixels, "tactile")
        ended = time.perf_counter()
    return (
        f"{TIMED} images of {SIZE} pixels, one in {held} held out: compared in "
        f"{compared - begun:.1f} s, frames without contact found in {ended - compared:.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vitac", type=Path, metavar="DIR", help="tiles of ViTac cloth 11")
    parser.add_argument("--kth", type=Path, metavar="DIR", help="KTH-TIPS in grey")
    parser.add_argument(
        "--unseen", action="store_true", help="add datasets on which no threshold was chosen"
    )
    parser.add_argument(
        "--time", action="store_true", help="measure the search on generated images"
    )
    args = parser.parse_args()
    if args.time:
        print(timed(5), timed(2), sep="\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        print(HEAD)
        for case in cases(args, Path(folder)):
            print(row(case), flush=True)


def cases(args: argparse.Namespace, folder: Path) -> Iterator[Case]:
    if args.vitac:
        for modality in ("tactile", "visual"):
            sets = ("layout='vitac'", f"modality='{modality}'", "split.val=0")
            yield f"ViTac cloth 11, {modality}", args.vitac, sets
    yield from sample_cases(folder / "0", SampleSpec(), "sample")
    if args.kth:
        yield from kth_cases(args.kth, args.unseen)
    if args.unseen:
        for seed in (1, 2):
            spec = SampleSpec(classes=24, presses=8, frames=4, size=80, seed=seed)
            yield from sample_cases(folder / str(seed), spec, f"sample seed {seed}, 24 cloths")


if __name__ == "__main__":
    main()
