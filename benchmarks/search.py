"""What a refined sweep saves, and whether it finds what every amount of a grid says.

python benchmarks/search.py [--seeds 3] [--refine 0.01] [--drops 0.01 0.05 0.1] [--presses 24]

Trains the demo's model once a seed, on a set of so many presses a class. Every amount of the grid
is scored in full once a seed; then, for each allowed loss, plain and strict, the amount is searched
from three coarse ones, in a run of its own. Of the grid is told the largest amount that keeps
within the loss, and the last one before any is lost: where accuracy goes up and down the two
differ, and bisection ends at one of the places between where an amount keeps and the next does not.
Counts do not depend on the machine's load.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from itertools import takewhile
from pathlib import Path
from typing import Any

from vitac_tui.evaluation.paired import ROUNDING

COARSE = (0.2, 0.5, 0.8)
PRESET = """\
name = "search"
from_run = "{run}"
[evaluate]
batch_size = {batch}
latency_s = 0.0
[select]
max_drop = {max_drop}
strict = {strict}
[[prune]]
method = "global_unstructured"
amount = {amount}
"""


def run(folder: Path, name: str, preset: str, *more: str) -> list[dict[str, Any]]:
    """The rows of the table of a new run, without the dense model."""
    command = [sys.executable, "-m", "vitac_tui", "--batch", preset, "--run", name, "--json"]
    out = subprocess.check_output([*command, *more, "--quiet"], cwd=folder, text=True)
    return [row for row in json.loads(out)["models"] if row["variant"] == "main"]


def sweep(
    folder: Path, seed: int, amount: str, batch: int, max_drop: float, *, strict: bool
) -> list[dict[str, Any]]:
    """The rows of a sweep of the network that was trained with a seed."""
    values = {"run": f"demo{seed}", "amount": amount, "batch": batch}
    preset = folder / "search.toml"
    preset.write_text(PRESET.format(**values, max_drop=max_drop, strict=str(strict).lower()))
    return run(folder, f"sweep{len(list((folder / 'runs').iterdir()))}", str(preset))


def keeps(row: dict[str, Any], max_drop: float, *, strict: bool) -> bool:
    """Whether an amount loses too little to be refused, by the comparison on record."""
    scores = row["eval"]
    if scores.get("stopped"):
        return False
    compared = scores["against_dense"]
    return -compared["low" if strict else "difference"] <= max_drop + ROUNDING


def told(rows: list[dict[str, Any]], max_drop: float, *, strict: bool) -> str:
    """The largest amount that keeps within the loss, the amounts scored, the images scored."""
    within = [row["amount"] for row in rows if keeps(row, max_drop, strict=strict)]
    seen = sum(row["eval"]["images"] for row in rows)
    largest = f"{max(within):g}" if within else "none"
    return f"{largest:>7} {len(rows):>4} {seen:>7,}"


def before_any_loss(rows: list[dict[str, Any]], max_drop: float, *, strict: bool) -> str:
    """The last amount of a grid up to which every one keeps within the loss."""
    rows = sorted(rows, key=lambda row: row["amount"])
    first = [row["amount"] for row in takewhile(lambda r: keeps(r, max_drop, strict=strict), rows)]
    return f"{first[-1]:g}" if first else "none"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--refine", type=float, default=0.01)
    parser.add_argument("--batch", type=int, default=16, help="images between two looks")
    parser.add_argument("--drops", type=float, nargs="+", default=[0.01, 0.05, 0.1])
    parser.add_argument("--presses", type=int, help="a class of the sample set; the demo's if none")
    args = parser.parse_args()
    step = args.refine
    grid = [round(step * number, 6) for number in range(1, round(max(COARSE) / step) + 1)]
    refined = f"{{sweep = {list(COARSE)}, refine = {step}}}"
    print("largest amount within the loss, amounts scored, images scored")
    print("seed  allowed  strict        the whole grid  before any loss       refined", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        more = ["variant=[]", *([f"dataset.presses={args.presses}"] if args.presses else [])]
        for seed in range(args.seeds):
            given = [f"--set={text}" for text in [f"seed={seed}", *more]]
            run(folder, f"demo{seed}", "demo", *given)
            whole = sweep(folder, seed, f"{{sweep = {grid}}}", args.batch, 0.05, strict=False)
            for max_drop in args.drops:
                for strict in (False, True):
                    few = sweep(folder, seed, refined, args.batch, max_drop, strict=strict)
                    texts = (
                        f"{seed:4}  {max_drop:>7}  {strict!s:>6}",
                        told(whole, max_drop, strict=strict),
                        f"{before_any_loss(whole, max_drop, strict=strict):>15}",
                        told(few, max_drop, strict=strict),
                    )
                    print("  ".join(texts), flush=True)


if __name__ == "__main__":
    main()
