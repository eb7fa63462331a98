"""What a training on a CUDA device holds itself to; the rest of its path runs on any device."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bench import RECIPE, TRAIN, Bench, equal, small

from vitac_tui.images.spec import ImageSpec
from vitac_tui.loading.batches import ImageSet
from vitac_tui.loading.residence import on_device
from vitac_tui.models.build import build
from vitac_tui.training.seeding import choose_algorithms

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
GPU = torch.device("cuda", 0)


def images(count: int, size: int = 16, *, resident: bool) -> ImageSet:
    pixels = np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    held = on_device(pixels, GPU) if resident else pixels
    rows = torch.arange(count)
    return ImageSet(held, rows, rows % 3, GPU, ImageSpec(size))


@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_no_step_waits_for_the_device(tmp_path: Path, precision: str, resident: bool) -> None:
    """Twice the steps in as many epochs synchronise as often."""
    waits = []
    for count in (16, 32):
        folder = tmp_path / str(count)
        folder.mkdir()
        how = replace(RECIPE, precision=precision, epochs=2)
        given = images(count, resident=resident)
        Bench(folder, "9 epochs").fit(small().to(GPU), how, images=given)  # warmed up
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                Bench(folder, "9 epochs").fit(small().to(GPU), how, images=given)
            finally:
                torch.cuda.set_sync_debug_mode("default")
        waits.append(sum("synchroniz" in str(one.message) for one in caught))
    assert waits[0] == waits[1]


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_deterministic_training_gives_the_same_weights_again(
    tmp_path: Path, precision: str
) -> None:
    choose_algorithms(GPU, deterministic=True)
    how = replace(
        RECIPE, train=TRAIN.model_copy(update={"batch_size": 16}), precision=precision, epochs=2
    )
    models = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        torch.manual_seed(0)
        model = build("resnet18", 3).to(GPU, memory_format=torch.channels_last)  # type: ignore[call-overload]
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*deterministic")
            Bench(folder).fit(model, how, images=images(48, 64, resident=True))
        models.append(model)
    assert equal(*models)
