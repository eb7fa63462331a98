"""Evaluation within the available memory, and with early stopping."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from vitac_tui.evaluation.accuracy import NO_PREDICTION, Predictions
from vitac_tui.evaluation.features import Features
from vitac_tui.experiment.stages import EvaluateSettings
from vitac_tui.images.spec import ImageSpec
from vitac_tui.loading.batches import ImageSet
from vitac_tui.pruning.choose import Limit
from vitac_tui.pruning.early_stop import EarlyStop
from vitac_tui.runs.interrupt import Interrupter
from vitac_tui.worker.stages.score import score


def hungry(most: int) -> tuple[nn.Module, list[int]]:
    """Return a network that runs out of memory above `most` images, and its batch sizes."""
    sizes: list[int] = []

    def eat(_module: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        sizes.append(len(inputs[0]))
        if len(inputs[0]) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3))
    model[0].register_forward_pre_hook(eat)
    return model, sizes


NAMES = ("a", "b", "c")
TIMES = {"wall_s": 0.0, "img_per_s": 0.0}
PREPARED = SimpleNamespace(
    experiment=SimpleNamespace(evaluate=EvaluateSettings(batch_size=8)),
    outputs=(0, 1, 2),
    picked=SimpleNamespace(device=torch.device("cpu"), precision="fp32"),
)


def context(notes: list[str]) -> SimpleNamespace:
    return SimpleNamespace(interrupter=Interrupter(), note=lambda text, level: notes.append(text))


def images(count: int) -> ImageSet:
    rows = torch.arange(count)
    return ImageSet(
        np.zeros((count, 8, 8, 3), np.uint8), rows, rows % 3, torch.device("cpu"), ImageSpec(8)
    )


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


def test_cached_features_do_not_change_a_score_that_stops_early() -> None:
    """A resumed process has an empty cache and must produce the same rows."""
    model, sizes = hungry(most=8)
    split, features = images(40), Features()
    labels = split.labels.numpy()
    dense = Predictions(labels, labels, np.ones(40), None)
    early = EarlyStop(dense, np.random.default_rng(0).permutation(40), Limit(0.1))
    fresh = score(PREPARED, context([]), model, split, "val", None, Features(), early)
    assert 0 < fresh.images < 40
    score(PREPARED, context([]), model, split, "val", None, features)
    sizes.clear()
    remembered = score(PREPARED, context([]), model, split, "val", None, features, early)
    assert sizes == []
    assert remembered.images == fresh.images
    assert np.array_equal(remembered.top5_index, fresh.top5_index)
    assert np.array_equal(remembered.image_loss, fresh.image_loss)


def test_a_score_that_did_not_stop_early_equals_the_score_in_order() -> None:
    model, sizes = hungry(most=8)
    split, features = images(40), Features()
    lost = Predictions(split.labels.numpy(), np.full(40, NO_PREDICTION), np.ones(40), None)
    early = EarlyStop(lost, np.random.default_rng(0).permutation(40), Limit(0.1))
    exact = score(PREPARED, context([]), model, split, "val", None)
    mixed = score(PREPARED, context([]), model, split, "val", None, features, early)
    assert mixed.row(NAMES) | TIMES == exact.row(NAMES) | TIMES
    assert np.array_equal(mixed.top5_probability, exact.top5_probability)
    sizes.clear()
    again = score(PREPARED, context([]), model, split, "val", None, features)
    assert sizes == []  # from the cache, in order
    assert again.row(NAMES) | TIMES == exact.row(NAMES) | TIMES


def test_early_stopping_is_checked_more_often_than_every_full_batch() -> None:
    """It stops after the same images with and without cached features."""
    settings = SimpleNamespace(evaluate=EvaluateSettings())
    roomy = SimpleNamespace(**vars(PREPARED) | {"experiment": settings})
    model, sizes = hungry(most=128)
    split, features = images(300), Features()
    labels = split.labels.numpy()
    dense = Predictions(labels, labels, np.ones(300), None)
    early = EarlyStop(dense, np.random.default_rng(0).permutation(300), Limit(0.05))
    fresh = score(roomy, context([]), model, split, "val", None, Features(), early)
    assert sizes == [32]  # two thirds are wrong, and one in twenty is allowed
    score(roomy, context([]), model, split, "val", None, features)
    assert sizes == [32, 128, 128, 44]
    remembered = score(roomy, context([]), model, split, "val", None, features, early)
    assert sizes == [32, 128, 128, 44]
    assert remembered.images == fresh.images == 32


def test_running_out_of_memory_with_one_image_is_an_error() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        score(PREPARED, context([]), hungry(most=0)[0], images(2), "val", None)
