"""Measure whether bf16 costs accuracy: train in fp32 and in bf16, with several seeds.

python benchmarks/precisions.py [--root FOLDER --group REGEX] [--seeds 3] [--json FILE]

Without a root it trains as the demo does on the sample set, with a root as the preset `folder`. For
each seed, the fp32 model is evaluated again in bf16, which separates the effect of the evaluation
from that of the training.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import checkout  # noqa: F401
import numpy as np
from children import run_child
from numpy.typing import NDArray

PRECISIONS = ("fp32", "bf16")


def run(runs: Path, name: str, preset: str, *settings: str) -> dict[str, Any]:
    """Run a preset and return its results."""
    given = [text for setting in settings for text in ("--set", setting)]
    command = ["-P", "-m", "vitac_tui", "--batch", preset, "--run", name, "--runs", runs]
    run_child([*command, *given, "--quiet"])
    results: dict[str, Any] = json.loads((runs / name / "results.json").read_text())
    return results


def predictions(runs: Path, name: str, split: str) -> NDArray[np.integer[Any]]:
    """Return the dense model's predicted output for each image of a split."""
    with np.load(runs / name / "predictions" / f"dense.{split}.npz") as file:
        best: NDArray[np.integer[Any]] = file["top5"][:, 0]
        return best


def accuracy(scores: dict[str, Any]) -> str:
    share = [100 * scores[key] for key in ("top1", "top1_low", "top1_high")]
    return f"{share[0]:5.1f} [{share[1]:.1f}, {share[2]:.1f}]"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path)
    parser.add_argument("--group", default="")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    preset, settings = "demo", ["variant=[]"]
    if args.root is not None:
        preset = "folder"
        settings += [f"dataset.root={args.root.resolve()}", f"dataset.group={args.group}"]
    found = []
    print(f"{'seed':4}  {'precision':9}  {'validation':>21}  {'test':>21}  {'images/s':>8}")
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        for seed in range(args.seeds):
            of_seed: dict[str, Any] = {}
            for precision in PRECISIONS:
                given = [*settings, f"seed={seed}", f"precision={precision}"]
                results = run(runs, f"{precision}-{seed}", preset, *given)
                dense, training = results["models"][0], results["training"][0]
                of_seed[precision] = {"eval": dense["eval"], "test": dense["test"]}
                print(
                    f"{seed:4}  {precision:9}  {accuracy(dense['eval']):>21}  "
                    f"{accuracy(dense['test']):>21}  {training['img_per_s']:8.1f}"
                )
            given = [*settings, f"from_run={runs / f'fp32-{seed}'}", "precision=bf16"]
            run(runs, f"again-{seed}", preset, *given)
            for split in ("val", "test"):
                one, other = (
                    predictions(runs, f"{name}-{seed}", split) for name in ("fp32", "again")
                )
                of_seed[f"predictions changed, {split}"] = [int((one != other).sum()), len(one)]
            changed = sum(of_seed[f"predictions changed, {split}"][0] for split in ("val", "test"))
            print(f"{seed:4}  fp32 model in bf16: {changed} predictions of val and test change")
            found.append(of_seed)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
