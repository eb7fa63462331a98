"""One pass of vitac-tui over the images of a run, decoding them into a new cache or from the cache.

python benchmarks/passes.py RUN_DIRECTORY CACHE      (prints seconds as JSON)
"""

import json
import sys
import time
from pathlib import Path

import torch

from vitac_tui.data.read import read_dataset
from vitac_tui.loading.batches import ImageSet
from vitac_tui.loading.cache_builder import open_decoded
from vitac_tui.runs.directory import RunDir
from vitac_tui.training.memory import keep_freed_memory

BATCH = 64


def main() -> None:
    keep_freed_memory()
    experiment = RunDir(Path(sys.argv[1])).load_experiment()
    dataset = experiment.dataset.model_copy(update={"cache": sys.argv[2]})
    table = read_dataset(dataset)
    begun = time.perf_counter()
    decoded = open_decoded(table, dataset)
    rows = torch.arange(len(table.samples))
    images = ImageSet(decoded.pixels, rows, torch.zeros_like(rows), torch.device("cpu"))
    for _ in images.ordered(BATCH)():
        pass
    print(json.dumps({"seconds": time.perf_counter() - begun, "built": decoded.built}))


if __name__ == "__main__":
    main()
