"""What the images are decoded to, and how that reaches the cache, the batches and the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from vitac_tui.data.source import Stat
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.experiment.dataset import FolderLayout
from vitac_tui.images.builder import open_decoded
from vitac_tui.images.images import viewer
from vitac_tui.images.spec import IMAGENET_MEAN, IMAGENET_STD, ImageSpec, image_spec
from vitac_tui.loading.batches import ImageSet
from vitac_tui.models.build import build, build_meta
from vitac_tui.models.layers import input_channels


class Arrays:
    """Images of any number of channels that lie in memory."""

    name = "arrays"

    def __init__(self, arrays: NDArray[np.uint8]) -> None:
        self.arrays = arrays
        self.channels = arrays.shape[-1]

    def stat(self, path: str) -> Stat:
        return Stat(self.arrays[0].nbytes, 0)

    def read(self, path: str) -> bytes:
        return self.arrays[int(path)].tobytes()

    def open(self, content: bytes) -> NDArray[np.uint8]:
        return np.frombuffer(content, np.uint8).reshape(self.arrays.shape[1:])

    def header(self, path: str) -> tuple[tuple[int, int], str]:
        return (self.arrays.shape[2], self.arrays.shape[1]), f"{self.channels} channels"


def test_images_of_five_channels_reach_the_network(tmp_path: Path) -> None:
    arrays = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 5), dtype=np.uint8)
    samples = tuple(Sample(str(row), row % 2, "c", split="train") for row in range(4))
    table = SampleTable(tmp_path, samples, archive=Arrays(arrays))
    dataset = FolderLayout(layout="folder", root=str(tmp_path), image_size=8, cache=str(tmp_path))
    for built in (True, False):
        decoded = open_decoded(table, dataset)
        assert decoded.built is built
        assert np.array_equal(decoded.pixels, arrays)
    rows = torch.arange(4)
    images, _ = ImageSet(decoded.pixels, rows, rows % 2, torch.device("cpu"), decoded.spec).batch(
        rows
    )
    assert images.shape == (4, 5, 8, 8)
    network = build("resnet18", 2, decoded.spec.channels)
    assert input_channels(network) == 5
    assert network.eval()(images).shape == (4, 2)
    shown = viewer(table.source, "0", decoded.spec)(8)
    assert np.array_equal(shown[..., 0], arrays[0].mean(-1).astype(np.uint8))
    assert shown.shape == (8, 8, 3)


def test_colour_images_are_described_as_in_the_reference_study(tmp_path: Path) -> None:
    dataset = FolderLayout(layout="folder", root=str(tmp_path), image_size=8, fit="pad")
    spec = image_spec(SampleTable(tmp_path, ()), dataset)
    assert spec == ImageSpec(8, "pad", IMAGENET_MEAN, IMAGENET_STD)
    assert (spec.channels, spec.shape, spec.bytes) == (3, (8, 8, 3), 192)


def test_three_channels_leave_the_network_and_the_random_numbers_as_they_were() -> None:
    torch.manual_seed(3)
    plain = build("resnet18", 4)
    after = torch.rand(1)
    torch.manual_seed(3)
    same = build("resnet18", 4, 3)
    assert torch.equal(torch.rand(1), after)
    for one, other in zip(plain.parameters(), same.parameters(), strict=True):
        assert torch.equal(one, other)
    assert input_channels(build_meta("resnet18", 4, 2)) == 2
