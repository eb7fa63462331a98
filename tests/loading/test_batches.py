"""Batches: the study's preprocessing, and augmentation that is an image's own."""

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from torchvision import transforms

from vitac_tui.experiment.dataset import FolderLayout
from vitac_tui.experiment.registries import AUGMENTATIONS, implementation
from vitac_tui.images.spec import IMAGENET_MEAN, IMAGENET_STD, ImageSpec
from vitac_tui.loading.augment import CropsAndLight, none, standard
from vitac_tui.loading.batches import ImageSet, bounds, normalise


def image_set(images: int = 6, size: int = 9) -> ImageSet:
    pixels = np.random.default_rng(0).integers(0, 256, (images, size, size, 3), dtype=np.uint8)
    rows = torch.arange(images)
    return ImageSet(pixels, rows, rows % 3, torch.device("cpu"), ImageSpec(size))


def test_normalisation_is_torchvision_s_to_the_last_bit() -> None:
    images = image_set()
    reference = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD)]
    )
    expected = torch.stack([reference(Image.fromarray(image)) for image in images.pixels])
    batch, labels = images.batch(torch.arange(6))
    assert torch.equal(batch, expected)
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert labels.tolist() == [0, 1, 2, 0, 1, 2]


def test_every_image_comes_once_in_table_order() -> None:
    sizes, seen = [], []
    for images, labels in image_set().ordered(4)():
        sizes.append(len(images))
        seen += labels.tolist()
    assert sizes == [4, 2]
    assert seen == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    "images, expected",
    [
        (1, [(0, 1)]),
        (8, [(0, 4), (4, 8)]),
        (10, [(0, 4), (4, 8), (8, 10)]),
        (9, [(0, 4), (4, 9)]),
        (5, [(0, 5)]),
    ],
)
def test_a_last_image_alone_joins_the_batch_before_it(
    images: int, expected: list[tuple[int, int]]
) -> None:
    assert bounds(images, 4) == expected


def test_an_image_s_augmentation_does_not_depend_on_its_batch() -> None:
    images = image_set()
    augment = standard(6, "visual", torch.Generator().manual_seed(1))
    together, _ = images.batch(torch.tensor([5, 2, 0]), augment)
    alone, _ = images.batch(torch.tensor([2]), augment)
    assert torch.allclose(together[1], alone[0], atol=1e-6)


def test_images_of_an_epoch_and_epochs_differ() -> None:
    same = ImageSet(
        np.repeat(image_set(1).pixels, 4, axis=0),
        torch.arange(4),
        torch.zeros(4, dtype=torch.int64),
        torch.device("cpu"),
        ImageSpec(9),
    )
    first, second = (
        same.batch(torch.arange(4), standard(4, "visual", torch.Generator().manual_seed(s)))[0]
        for s in (1, 2)
    )
    assert not torch.allclose(first[0], first[1])
    assert not torch.allclose(first[0], second[0])


def test_flipped_crops_take_what_lies_outside_from_the_border() -> None:
    """A white image with unit brightness and contrast stays white to its last pixel."""
    white = torch.ones(64, 3, 16, 16)
    draws = torch.rand(64, 7, generator=torch.Generator().manual_seed(0))
    draws[:, 5:] = 0.5
    moved = CropsAndLight(draws, flips=True).apply(white, torch.arange(64))
    assert torch.allclose(moved, white, atol=1e-5)


def test_tactile_images_are_never_mirrored() -> None:
    """The side that a glint's light comes from must stay: red above, blue to the right."""
    ramp = np.zeros((32, 16, 16, 3), dtype=np.uint8)
    ramp[..., 0] = np.arange(16)[::-1, None] * 16  # red: bright above
    ramp[..., 2] = np.arange(16)[None, :] * 16  # blue: bright to the right
    images = normalise(torch.from_numpy(ramp), ImageSpec(16))
    moved = standard(32, "tactile", torch.Generator().manual_seed(0)).apply(
        images, torch.arange(32)
    )
    assert (moved[:, 0, 1].mean(-1) > moved[:, 0, -2].mean(-1)).all()
    assert (moved[:, 2, :, -2].mean(-1) > moved[:, 2, :, 1].mean(-1)).all()
    flipped = standard(32, "visual", torch.Generator().manual_seed(0)).apply(
        images, torch.arange(32)
    )
    assert (flipped[:, 0, 1].mean(-1) < flipped[:, 0, -2].mean(-1)).any()


def test_augmentations_are_found_by_name() -> None:
    made = {name: implementation(entry.implementation) for name, entry in AUGMENTATIONS.items()}
    assert made == {"none": none, "standard": standard}
    generator = torch.Generator().manual_seed(0)
    assert made["none"](3, "visual", generator) is None
    assert made["standard"](3, "visual", generator).draws.shape == (3, 7)
    assert FolderLayout(layout="folder", augment="standard").augment == "standard"
    with pytest.raises(ValidationError, match=r"unknown augmentation 'standrad' \(did you mean"):
        FolderLayout(layout="folder", augment="standrad")
