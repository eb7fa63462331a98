"""Memory that was freed is used again, instead of coming from the kernel page by page."""

import subprocess
import sys

import pytest

STEPS = """
import resource, sys, threading
import torch
from vitac_tui.training.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()

def steps():
    for step in range(16):
        if step == 4:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        held = [torch.ones(2**24) for _ in range(3)]
        del held
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

worker = threading.Thread(target=steps)
worker.start()
worker.join()
"""


def faults(mode: str) -> int:
    """Pages that twelve steps of a worker thread, each of 192 MiB, had the kernel fill."""
    done = subprocess.run(
        [sys.executable, "-c", STEPS, mode], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="malloc is that of glibc")
def test_later_steps_take_few_new_pages() -> None:
    assert faults("kept") < faults("default") / 3
