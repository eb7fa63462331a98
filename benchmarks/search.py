"""What a refined sweep saves on the demo, and whether it finds what the whole grid does.

python benchmarks/search.py [--seeds 3] [--refine 0.01] [--drops 0.01 0.05 0.1]

Trains the demo's model once a seed. Then, for each allowed loss, plain and strict, the whole grid
is scored in full, and the same amount is searched from three coarse ones, each in a run of its own.
Counts do not depend on the machine's load.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

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


def run(folder: Path, name: str, preset: str, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "vitac_tui", "--batch", preset, "--run", name, "--json"]
    return json.loads(subprocess.check_output([*command, *more], cwd=folder, text=True))


def told(results: dict[str, Any]) -> tuple[float, int, int]:
    """The chosen amount, the amounts that were scored, and the images that were."""
    rows = {row["id"]: row for row in results["models"] if row["variant"] == "main"}
    chosen = next(one["row"] for one in results["selected"] if one["what"] == "amount")
    seen = sum(row["eval"]["images"] for row in rows.values())
    return rows[chosen]["amount"], len(rows), seen


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--refine", type=float, default=0.01)
    parser.add_argument("--batch", type=int, default=16, help="images between two looks")
    parser.add_argument("--drops", type=float, nargs="+", default=[0.01, 0.05, 0.1])
    args = parser.parse_args()
    low, high, step = min(COARSE), max(COARSE), args.refine
    grid = [round(low + step * number, 6) for number in range(round((high - low) / step) + 1)]
    ways = {
        "grid": f"{{sweep = {grid}}}",
        "refined": f"{{sweep = {list(COARSE)}, refine = {step}}}",
    }
    print("seed  allowed  strict   grid: amount, scored, images   refined: the same")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(args.seeds):
            run(folder, f"demo{seed}", "demo", "--set", f"seed={seed}", "--set", "variant=[]")
            for max_drop in args.drops:
                for strict in ("false", "true"):
                    found = []
                    for way, amount in ways.items():
                        preset = folder / "search.toml"
                        text = PRESET.format(
                            run=f"demo{seed}", batch=args.batch, max_drop=max_drop, strict=strict,
                            amount=amount,
                        )  # fmt: skip
                        preset.write_text(text)
                        key = f"{way}-{seed}-{max_drop}-{strict}"
                        found.append(told(run(folder, key, str(preset))))
                    texts = [f"{a:>6g} {n:>4} {seen:>6,}" for a, n, seen in found]
                    print(f"{seed:4}  {max_drop:>7}  {strict:>6}   {texts[0]:>28}   {texts[1]}")


if __name__ == "__main__":
    main()
