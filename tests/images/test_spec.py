"""What the images are decoded to, and how that reaches the cache, the batches and the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from pydantic import ValidationError

from vitac_tui.data.source import CorruptImage, FolderSource, Stat
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.experiment.dataset import FolderLayout
from vitac_tui.images.builder import open_decoded
from vitac_tui.images.images import decode, viewer
from vitac_tui.images.spec import IMAGENET_MEAN, IMAGENET_STD, ImageSpec, image_spec, range_warnings
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


def deep(folder: Path, largest: int, count: int = 4) -> tuple[FolderLayout, SampleTable]:
    """A dataset of 16-bit images with values from 0 to `largest`, or dimmer."""
    for number in range(count):
        values = np.linspace(0, largest // (number + 1), 64).reshape(8, 8).astype(np.uint16)
        Image.fromarray(values).save(folder / f"{number}.png")
    samples = tuple(Sample(f"{n}.png", n % 2, f"c{n % 2}", split="train") for n in range(count))
    dataset = FolderLayout(layout="folder", root=str(folder), image_size=8, cache=str(folder))
    return dataset, SampleTable(folder, samples)


def test_dim_sixteen_bit_images_keep_their_levels(tmp_path: Path) -> None:
    dataset, table = deep(tmp_path, largest=1480)
    decoded = open_decoded(table, dataset)
    assert decoded.spec.value_range == (0, 2047)
    assert len(np.unique(decoded.pixels[0])) > 50
    assert decoded.pixels[0].max() == round(1480 * 255 / 2047)
    # The same scale for every image: the second is half as bright.
    assert decoded.pixels[1].max() == round(740 * 255 / 2047)
    (warning,) = range_warnings(decoded.spec)
    assert "0 is black, 2047 is white" in warning
    full = open_decoded(table, dataset.model_copy(update={"range": "full"}))
    assert full.built
    assert full.pixels.max() == 6
    given = open_decoded(table, FolderLayout(**{**dataset.model_dump(), "range": [0, 1480]}))
    assert given.pixels.max() == 255
    assert given.built


@pytest.mark.parametrize("largest", [0, 4096, 65535])
def test_other_sixteen_bit_images_keep_the_whole_range(tmp_path: Path, largest: int) -> None:
    dataset, table = deep(tmp_path, largest)
    decoded = open_decoded(table, dataset)
    assert decoded.spec.value_range is None
    assert range_warnings(decoded.spec) == ()
    assert decoded.pixels.max() == (largest + 128) // 257


def test_unreadable_and_ordinary_images_do_not_change_the_range(tmp_path: Path) -> None:
    dataset, table = deep(tmp_path, largest=1000)
    (tmp_path / "1.png").write_bytes(b"torn")
    Image.new("L", (8, 8), 255).save(tmp_path / "2.png")
    decoded = open_decoded(table, dataset.model_copy(update={"max_corrupt": 0.5}))
    assert decoded.spec.value_range == (0, 1023)
    assert decoded.pixels[1].max() == 255  # 8 bits are as they were
    assert [*decoded.corrupt] == [1]


def test_floating_point_images_need_a_range(tmp_path: Path) -> None:
    values = np.array([[-1.0, np.nan], [0.5, 3.0]], np.float32)
    Image.fromarray(values).save(tmp_path / "a.tif")
    spec = ImageSpec(2, value_range=(0.0, 1.0))
    source = FolderSource(tmp_path)
    assert decode(source, "a.tif", spec)[..., 0].tolist() == [[0, 0], [128, 255]]
    with pytest.raises(CorruptImage, match=r"need dataset\.range = \[low, high\]"):
        decode(source, "a.tif", ImageSpec(2))


@pytest.mark.parametrize("value", ["al", [1, 1], [2, 1], [0, 1e10], [0], [0, True], [0, "1"], None])
def test_a_wrong_range_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match='expects "auto", "full" or \\[low, high\\]'):
        FolderLayout(layout="folder", range=value)
