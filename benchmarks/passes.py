"""Time one pass over a run's images, and the masks of nine amounts.

python benchmarks/passes.py RUN_DIRECTORY CACHE      (prints seconds as JSON)

The first call with a CACHE folder decodes the images into it; later calls read them from there.
"""

import json
import sys
import time
from pathlib import Path

import checkout  # noqa: F401
import torch

from vitac_tui.data.read import read_dataset
from vitac_tui.experiment.prune import GlobalUnstructured
from vitac_tui.images.builder import open_decoded
from vitac_tui.loading.batches import ImageSet
from vitac_tui.models.build import build
from vitac_tui.pruning.apply import Prunable, apply_step
from vitac_tui.runs.directory import RunDir
from vitac_tui.training.memory import keep_freed_memory

BATCH = 64
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def main() -> None:
    keep_freed_memory()
    experiment = RunDir(Path(sys.argv[1])).load_experiment()
    dataset = experiment.dataset.model_copy(update={"cache": sys.argv[2]})
    table = read_dataset(dataset)
    begun = time.perf_counter()
    decoded = open_decoded(table, dataset)
    rows = torch.arange(len(table.samples))
    images = ImageSet(decoded.pixels, rows, torch.zeros_like(rows), DEVICE, decoded.spec)
    for _ in images.ordered(BATCH)():
        pass
    _wait()
    seconds = time.perf_counter() - begun
    answer = {"seconds": seconds, "built": decoded.built, "masks_s": nine_masks()}
    print(json.dumps(answer))


def nine_masks() -> float:
    """Return the seconds that pruning a network by nine amounts takes, without evaluation."""
    model = build("resnet18", 12).to(DEVICE).to(memory_format=torch.channels_last)
    dense = Prunable(model)
    begun = time.perf_counter()
    for tenths in range(1, 10):
        step = GlobalUnstructured(method="global_unstructured", amount=tenths / 10)
        apply_step(
            dense.copy(), step, keep_masks=True, image_size=64, seed=0, batches=None, device=DEVICE
        )
    _wait()
    return time.perf_counter() - begun


def _wait() -> None:
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
