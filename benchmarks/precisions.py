"""Whether bf16 costs accuracy: the same trainings in fp32 and in bf16, over several seeds.

python benchmarks/precisions.py [--root FOLDER --group REGEX] [--seeds 3] [--json FILE]

Without a root it is the demo's training on the sample set, with one the preset `folder`. Each seed
trains once in either precision; the fp32 model is then scored again in bf16, so that the arithmetic
of the evaluation is told apart from that of the training.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

PRECISIONS = ("fp32", "bf16")


def run(runs: Path, name: str, preset: str, *settings: str) -> dict[str, Any]:
    """The results of a run."""
    given = [text for setting in settings for text in ("--set", setting)]
    command = [sys.executable, "-m", "vitac_tui", "--batch", preset, "--run", name]
    subprocess.run(
        [*command, "--runs", str(runs), *given],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return json.loads((runs / name / "results.json").read_text())


def answers(runs: Path, name: str, split: str) -> np.ndarray:
    """The predicted output of each image of a split, by the dense model."""
    with np.load(runs / name / "predictions" / f"dense.{split}.npz") as file:
        return file["top5"][:, 0]


def figure(scored: dict[str, Any]) -> str:
    share = [100 * scored[key] for key in ("top1", "top1_low", "top1_high")]
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
                    f"{seed:4}  {precision:9}  {figure(dense['eval']):>21}  "
                    f"{figure(dense['test']):>21}  {training['img_per_s']:8.1f}"
                )
            given = [*settings, f"from_run={runs / f'fp32-{seed}'}", "precision=bf16"]
            run(runs, f"again-{seed}", preset, *given)
            for split in ("val", "test"):
                one, other = (answers(runs, f"{name}-{seed}", split) for name in ("fp32", "again"))
                of_seed[f"answers changed, {split}"] = [int((one != other).sum()), len(one)]
            changed = sum(of_seed[f"answers changed, {split}"][0] for split in ("val", "test"))
            print(f"{seed:4}  fp32 model scored in bf16: {changed} answers of val and test change")
            found.append(of_seed)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
