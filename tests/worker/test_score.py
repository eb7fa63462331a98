"""Scoring within the memory that there is."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from vitac_tui.evaluation.features import Features
from vitac_tui.experiment.stages import Evaluate
from vitac_tui.loading.batches import ImageSet
from vitac_tui.runs.interrupt import Interrupter
from vitac_tui.worker.score import score


def hungry(most: int) -> tuple[nn.Module, list[int]]:
    """A network that has memory for so many images at once, and the sizes of its batches."""
    sizes: list[int] = []

    def eat(_module: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        sizes.append(len(inputs[0]))
        if len(inputs[0]) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3))
    model[0].register_forward_pre_hook(eat)
    return model, sizes


PREPARED = SimpleNamespace(
    experiment=SimpleNamespace(evaluate=Evaluate(batch_size=8)),
    outputs=(0, 1, 2),
    picked=SimpleNamespace(device=torch.device("cpu"), precision="fp32"),
)


def context(notes: list[str]) -> SimpleNamespace:
    return SimpleNamespace(interrupter=Interrupter(), note=lambda text, level: notes.append(text))


def images(count: int) -> ImageSet:
    rows = torch.arange(count)
    return ImageSet(np.zeros((count, 8, 8, 3), np.uint8), rows, rows % 3, torch.device("cpu"))


def test_evaluation_halves_its_batch_until_it_fits() -> None:
    notes: list[str] = []
    model, sizes = hungry(most=3)
    features = Features()
    result = score(PREPARED, context(notes), model, images(10), "val", None, features)
    assert result.images == 10
    assert [len(batch) for batch in features.find(model, "val")] == [2] * 5
    assert sizes == [8, 4, 2, 2, 2, 2, 2]
    assert len(notes) == 2
    assert "batches of 2" in notes[-1]


def test_one_image_that_does_not_fit_is_the_end() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        score(PREPARED, context([]), hungry(most=0)[0], images(2), "val", None)
