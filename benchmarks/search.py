"""Measure what a refined sweep saves, and whether it finds the amount that a full grid finds.

python benchmarks/search.py [--seeds 3] [--refine 0.01] [--drops 0.01 0.05 0.1] [--presses 24]

Trains the demo's model once per seed, on a set with that many presses per class. For each seed, all
amounts of the grid are evaluated completely. Then, for each limit (`select.max_drop`), plain and
strict, a run of its own searches the amount from three coarse ones.

For the grid, the table has the largest amount within the limit, and the last amount before the
first one beyond it. Where accuracy goes up and down the two differ, and bisection ends at one of
the places in between where an amount is within the limit and the next is not. Counts do not depend
on the machine's load.
"""

import argparse
import json
import tempfile
from itertools import takewhile
from pathlib import Path
from typing import Any

import checkout  # noqa: F401
from children import run_child

from vitac_tui.runs.numbers import ROUNDING

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
    """Run a preset and return the rows of its pruned models."""
    arguments = ["-P", "-m", "vitac_tui", "--batch", preset, "--run", name, "--json", "--quiet"]
    out, _ = run_child([*arguments, *more], folder=folder)
    return [row for row in json.loads(out)["models"] if row["variant"] == "main"]


def sweep(
    folder: Path, seed: int, amount: str, batch: int, max_drop: float, *, strict: bool
) -> list[dict[str, Any]]:
    """Sweep the network that was trained with a seed and return the rows."""
    values = {"run": f"demo{seed}", "amount": amount, "batch": batch}
    preset = folder / "search.toml"
    preset.write_text(PRESET.format(**values, max_drop=max_drop, strict=str(strict).lower()))
    return run(folder, f"sweep{len(list((folder / 'runs').iterdir()))}", str(preset))


def is_within(row: dict[str, Any], max_drop: float, *, strict: bool) -> bool:
    """Return whether an amount stays within the limit, by the comparison in its row."""
    scores = row["eval"]
    if scores.get("stopped"):
        return False
    compared = scores["against_dense"]
    return -compared["low" if strict else "difference"] <= max_drop + ROUNDING


def result_of(rows: list[dict[str, Any]], max_drop: float, *, strict: bool) -> str:
    """Return the largest amount within the limit, and the numbers of amounts and images."""
    within = [row["amount"] for row in rows if is_within(row, max_drop, strict=strict)]
    seen = sum(row["eval"]["images"] for row in rows)
    largest = f"{max(within):g}" if within else "none"
    return f"{largest:>7} {len(rows):>4} {seen:>7,}"


def before_any_loss(rows: list[dict[str, Any]], max_drop: float, *, strict: bool) -> str:
    """Return the largest amount of a grid up to which all are within the limit."""
    rows = sorted(rows, key=lambda row: row["amount"])
    first = list(takewhile(lambda row: is_within(row, max_drop, strict=strict), rows))
    return f"{first[-1]['amount']:g}" if first else "none"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--refine", type=float, default=0.01)
    parser.add_argument(
        "--batch", type=int, default=16, help="images between two checks for early stopping"
    )
    parser.add_argument("--drops", type=float, nargs="+", default=[0.01, 0.05, 0.1])
    parser.add_argument(
        "--presses", type=int, help="per class of the sample set; by default as in the demo"
    )
    args = parser.parse_args()
    step = args.refine
    grid = [round(step * number, 6) for number in range(1, round(max(COARSE) / step) + 1)]
    refined = f"{{sweep = {list(COARSE)}, refine = {step}}}"
    print("largest amount within the limit, amounts evaluated, images evaluated")
    print("seed    limit  strict        the whole grid  before the limit       refined", flush=True)
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
                        result_of(whole, max_drop, strict=strict),
                        f"{before_any_loss(whole, max_drop, strict=strict):>15}",
                        result_of(few, max_drop, strict=strict),
                    )
                    print("  ".join(texts), flush=True)


if __name__ == "__main__":
    main()
