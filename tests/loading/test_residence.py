"""Images on the device give the batches that images in an array give."""

import numpy as np
import pytest
import torch

from vitac_tui.images.spec import ImageSpec
from vitac_tui.loading import residence
from vitac_tui.loading.batches import ImageSet
from vitac_tui.loading.residence import fits, on_device, uploaded

CPU = torch.device("cpu")


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (7, 5, 5, 3), dtype=np.uint8)


def batches(pixels, device=CPU):
    rows = torch.tensor([6, 1, 3, 0, 5])
    images = ImageSet(pixels, rows, rows % 3, device, ImageSpec(5))
    return [(batch.cpu(), labels.tolist()) for batch, labels in images.ordered(2)()]


def test_a_tensor_of_images_gives_the_same_batches(pixels, monkeypatch):
    monkeypatch.setattr(residence, "_CHUNK", 2 * pixels[0].nbytes)  # in four pieces
    for (one, labels), (other, same) in zip(
        batches(pixels), batches(uploaded(pixels, CPU)), strict=True
    ):
        assert torch.equal(one, other)
        assert labels == same


def test_images_may_take_half_of_what_is_free():
    assert fits(50, 100)
    assert not fits(51, 100)


def test_without_a_gpu_images_stay_where_they_are(pixels):
    assert on_device(pixels, CPU) is pixels


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_images_become_resident_and_batches_stay_the_same(pixels):
    device = torch.device("cuda")
    resident = on_device(pixels, device)
    assert resident.device.type == "cuda"
    for (one, labels), (other, same) in zip(
        batches(pixels), batches(resident, device), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)
        assert labels == same
