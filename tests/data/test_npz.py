"""The layout `npz`: arrays in place of files, from settings to decoded images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vitac_tui.audit.headers import sizes_and_modes
from vitac_tui.data.read import read_dataset
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import NpzLayout, Split
from vitac_tui.images.builder import open_decoded

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
LABELS = np.repeat(["silk", "wool"], 6)


def settings(root: Path, **more: Any) -> NpzLayout:
    some = {"split": Split(by="image", test=0.0, val=0.0), "image_size": 16, **more}
    return NpzLayout(layout="npz", root=str(root), cache=str(root / "cache"), **some)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_decoded_to_themselves(tmp_path: Path, save: Any) -> None:
    save(tmp_path / "touch.npz", images=IMAGES, labels=LABELS)
    table = read_dataset(settings(tmp_path))
    assert table.class_names == ("silk", "wool")
    assert [sample.path for sample in table.samples][::11] == ["touch.npz/00", "touch.npz/11"]
    for built in (True, False):
        decoded = open_decoded(table, settings(tmp_path))
        assert decoded.built is built
        assert np.array_equal(decoded.pixels, IMAGES)
    assert sizes_and_modes(table) == ({"16x16": 12}, {"RGB": 12})


def test_groups_and_splits_are_taken_from_their_arrays(tmp_path: Path) -> None:
    groups = np.arange(12) // 3
    split = np.tile(["train", "train", "Test"], 4)
    numbers = np.repeat([7, 3], 6)
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=numbers, groups=groups, split=split)
    table = read_dataset(settings(tmp_path))
    assert table.class_ids == (3, 7)
    assert [sample.group for sample in table.samples[:4]] == ["7/0", "7/0", "7/0", "7/1"]
    assert [sample.split for sample in table.samples[:3]] == ["train", "train", "test"]
    assert table.split_given


@pytest.mark.parametrize("shape", [(4, 9, 5), (4, 9, 5, 1)])
def test_grey_arrays_become_rgb_and_proportions_follow_the_fit(tmp_path: Path, shape) -> None:
    grey = np.full(shape, 200, np.uint8)
    np.savez(tmp_path / "a.npz", images=np.asfortranarray(grey), labels=[0, 0, 1, 1])
    dataset = settings(tmp_path, fit="pad", image_size=9)
    table = read_dataset(dataset)
    decoded = open_decoded(table, dataset)
    assert decoded.pixels.shape == (4, 9, 9, 3)
    assert decoded.pixels[0, :, 4].min() == 200
    assert decoded.pixels[0, :, 0].max() == 0
    assert sizes_and_modes(table) == ({"5x9": 4}, {"L": 4})


def test_other_numbers_of_channels_stay_as_they_are(tmp_path: Path) -> None:
    six = np.concatenate([IMAGES, IMAGES[::-1]], axis=-1)
    np.savez(tmp_path / "a.npz", images=six, labels=LABELS)
    dataset = settings(tmp_path)
    decoded = open_decoded(read_dataset(dataset), dataset)
    assert np.array_equal(decoded.pixels, six)
    assert decoded.spec.channels == 6


def test_a_new_file_makes_a_new_set(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=LABELS)
    dataset = settings(tmp_path)
    open_decoded(read_dataset(dataset), dataset)
    np.savez(tmp_path / "a.npz", images=255 - IMAGES, labels=LABELS)
    decoded = open_decoded(read_dataset(dataset), dataset)
    assert decoded.built
    assert np.array_equal(decoded.pixels, 255 - IMAGES)


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"images": IMAGES, "label": LABELS}, r"a\.npz: there is no array 'labels' \(did you mean"),
        ({"labels": LABELS}, "there is no array 'images'"),
        ({"images": IMAGES / 255, "labels": LABELS}, r"'images' is float64 \[12, 16, 16, 3\]"),
        ({"images": IMAGES, "labels": LABELS[1:]}, r"'labels' is <U4 \[11\]; save one"),
        ({"images": IMAGES, "labels": LABELS.astype(object)}, r"'labels' is object \[12\]"),
        (
            {"images": IMAGES, "labels": LABELS, "split": np.repeat("tran", 12)},
            r"the array 'split' holds 'tran' \(did you mean 'train'",
        ),
    ],
)
def test_wrong_arrays_are_refused_in_one_line(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(UserError, match=message) as refused:
        read_dataset(settings(tmp_path))
    assert "\n" not in str(refused.value)


def test_the_file_is_the_only_one_or_the_one_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    root = tmp_path / "set"
    with pytest.raises(UserError, match=r"dataset\.file: no \.npz files in"):
        read_dataset(settings(root))
    for name in ("a", "b"):
        np.savez(root / f"{name}.npz", images=IMAGES, labels=LABELS)
    with pytest.raises(UserError, match=r"dataset\.file: 2 \.npz files in .*; name one of them"):
        read_dataset(settings(root))
    assert read_dataset(settings(root, file="b.npz")).samples[0].path == "b.npz/00"
    np.savez(tmp_path / "out.npz", images=IMAGES, labels=LABELS)
    (root / "link.npz").symlink_to(tmp_path / "out.npz")
    for name in ("../out.npz", "link.npz"):
        with pytest.raises(UserError, match="lies outside"):
            read_dataset(settings(root, file=name))
    with pytest.raises(UserError, match="is not a file in"):
        read_dataset(settings(root, file="c.npz"))


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"not a zip file")
    with pytest.raises(UserError, match=r"a\.npz: this is not an \.npz file"):
        read_dataset(settings(tmp_path))
