"""Evaluation: metrics, confusion matrix, and networks with non-finite outputs."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from vitac_tui.evaluation.evaluate import evaluate
from vitac_tui.evaluation.metrics import ClassScore
from vitac_tui.models.build import build
from vitac_tui.runs.interrupt import Interrupted, Interrupter, Interruption


class Table(nn.Module):
    """Predictions image i with row i of a table, i being its first pixel."""

    def __init__(self, logits):
        super().__init__()
        self.register_buffer("logits", torch.as_tensor(logits, dtype=torch.float32))

    def forward(self, images):
        return self.logits[images[:, 0, 0, 0].long()]


def score(logits, labels, *, classes=None, batch=2, **options):
    model = Table(logits)
    images = torch.arange(len(labels), dtype=torch.float32).reshape(-1, 1, 1, 1)
    targets = torch.tensor(labels, dtype=torch.long)
    return evaluate(
        model,
        list(zip(images.split(batch), targets.split(batch), strict=True)),
        classes=classes or range(model.logits.shape[1]),
        images=len(labels),
        split="val",
        device="cpu",
        precision="fp32",
        **options,
    )


def test_top1_confusion_and_classes_agree():
    result = score([[2, 1, 0], [0, 3, 1], [5, 0, 0], [0, 0, 9], [1, 2, 0]], [0, 1, 1, 2, 1])
    assert result.images == 5
    assert result.top1 == 4 / 5
    assert result.confusion == ((1, 0, 0), (1, 2, 0), (0, 0, 1))
    assert result.per_class == (
        ClassScore(0, images=1, top1=1.0),
        ClassScore(1, images=3, top1=pytest.approx(2 / 3)),
        ClassScore(2, images=1, top1=1.0),
    )


def test_loss_is_the_mean_over_images_for_every_batch_size():
    logits = torch.randn(7, 6, generator=torch.Generator().manual_seed(0))
    labels = [0, 1, 2, 3, 4, 5, 0]
    expected = nn.functional.cross_entropy(logits, torch.tensor(labels)).item()
    for batch in (1, 3, 7):
        assert score(logits, labels, batch=batch).loss == pytest.approx(expected, rel=1e-6)


def test_top5_is_none_under_five_classes():
    assert score(torch.eye(4), [0, 1, 2, 3]).top5 is None
    logits = torch.arange(8.0).repeat(2, 1)
    assert score(logits, [3, 2]).top5 == 0.5


def test_arrays_hold_the_five_best_output_indices_and_probabilities():
    logits = torch.randn(3, 9, generator=torch.Generator().manual_seed(0))
    result = score(logits, [0, 1, 2])
    probability, index = logits.softmax(1).topk(5, dim=1)
    assert result.top5_index.dtype == np.int16
    assert (result.top5_index == index.numpy()).all()
    assert np.allclose(result.top5_probability, probability.numpy())
    assert result.image_loss.shape == (3,)
    assert score(torch.zeros(1, 40_000), [0], classes=[0]).top5_index.dtype == np.int32


def test_a_head_wider_than_the_dataset_has_a_column_for_no_class():
    # Raw ids: dataset class 0 is output 7, class 1 is output 2.
    logits = torch.eye(10)[[7, 2, 5, 7]]
    result = score(logits, [7, 2, 2, 2], classes=[7, 2])
    assert result.confusion == ((1, 0, 0), (1, 1, 1))
    assert [score.images for score in result.per_class] == [1, 3]


def test_a_class_without_images_has_no_top1():
    assert score(torch.eye(3), [0, 1, 1]).per_class[2] == ClassScore(2, images=0, top1=None)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_images_without_finite_logits_count_as_wrong_and_spoil_only_the_loss(bad):
    result = score([[bad, 0, 0], [0, 1, 0], [bad, bad, bad]], [0, 1, 2])
    assert result.top1 == pytest.approx(1 / 3)
    assert math.isnan(result.loss)
    assert result.confusion == ((0, 0, 0, 1), (0, 1, 0, 0), (0, 0, 0, 1))
    assert result.top5_index[0].tolist() == [-1, -1, -1]
    assert np.isnan(result.top5_probability[0]).all()
    assert np.isfinite(result.image_loss).tolist() == [False, True, False]


def test_no_images_give_no_number_and_no_crash():
    result = score(torch.eye(3), [])
    assert result.images == 0
    assert math.isnan(result.top1)
    assert math.isnan(result.loss)
    assert result.row("abc")["confusion"] == [[0, 0, 0]] * 3


def test_a_label_outside_the_classes_is_refused():
    with pytest.raises(ValueError, match=r"labels \[2\]"):
        score(torch.eye(3), [0, 2], classes=[0, 1])


def test_progress_counts_images():
    seen = []
    score(torch.eye(5), [0, 1, 2, 3, 4], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_an_interruption_ends_it_between_batches_and_modes_return():
    interrupter, model = Interrupter(), build("resnet18", 3)
    batch = (torch.zeros(2, 3, 32, 32), torch.zeros(2, dtype=torch.long))

    def batches():
        yield batch
        interrupter.interrupt(Interruption("asked to"))
        yield batch

    with pytest.raises(Interrupted):
        evaluate(
            model, batches(), classes=range(3), images=4, split="val", device="cpu",
            precision="fp32", interrupter=interrupter,
        )  # fmt: skip
    assert model.training


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_both_memory_formats_and_precisions_are_accepted(precision):
    model = build("resnet18", 3).to(memory_format=torch.channels_last)
    images = torch.randn(2, 3, 32, 32).to(memory_format=torch.channels_last)
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    result = evaluate(
        model, [(images, torch.tensor([0, 1]))], classes=range(3), images=2, split="test",
        device="cpu", precision=precision,
    )  # fmt: skip
    assert result.row("abc").keys() == {
        "split", "images", "top1", "top5", "loss", "ece", "wall_s", "img_per_s",
        "per_class", "confusion",
    }  # fmt: skip
    assert result.image_loss.dtype == np.float32
    assert all(torch.equal(value, buffers[name]) for name, value in model.named_buffers())
