"""On real images, where `VITAC_TUI_TEST_DATA` names a folder that holds the two sets."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from vitac_tui.data.findings import verdict, warnings_of
from vitac_tui.data.read import read_dataset
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import Folder, Split, Vitac
from vitac_tui.loading.cache_builder import open_decoded


@pytest.fixture
def real_data() -> Path:
    folder = os.environ.get("VITAC_TUI_TEST_DATA", "")
    if not folder:
        pytest.skip("VITAC_TUI_TEST_DATA is not set: it names the folder with the real sets")
    return Path(folder)


def test_kth_tips_is_split_by_scale(real_data: Path, tmp_path: Path):
    root = real_data / "kth-tips-gray"
    if not root.is_dir():
        pytest.skip("VITAC_TUI_TEST_DATA holds no kth-tips-gray")
    dataset = Folder(
        layout="folder", root=str(root), group=r"scale_(\d+)_", image_size=32, cache=str(tmp_path)
    )
    table = read_dataset(dataset)
    assert len(table.class_ids) == 10
    assert Counter(s.split for s in table.samples) == {"train": 540, "test": 180, "val": 90}
    decoded = open_decoded(table, dataset)
    assert decoded.pixels.shape == (810, 32, 32, 3)
    assert not decoded.corrupt
    assert warnings_of(table, decoded.hashes) == ()
    assert verdict(table, decoded.hashes).startswith("no overlap found")


@pytest.mark.parametrize(
    "modality, group", [("visual", "11v/IMG_2460"), ("tactile", "11t/121-133")]
)
def test_the_released_cloth_shares_its_source_between_train_and_test(
    real_data: Path, tmp_path: Path, modality, group: str
):
    root = real_data / "vitac-cloth11"
    if not root.is_dir():
        pytest.skip("VITAC_TUI_TEST_DATA holds no vitac-cloth11")
    dataset = Vitac(layout="vitac", root=str(root), modality=modality, cache=str(tmp_path))
    with pytest.raises(UserError, match="class '11' has 1 group"):
        read_dataset(dataset)
    dataset = dataset.model_copy(update={"split": Split(val=0.0)})
    table = read_dataset(dataset)
    assert Counter(s.split for s in table.samples) == {"train": 20, "test": 10}
    assert {s.group for s in table.samples} == {group}
    hashes = open_decoded(table, dataset).hashes
    assert verdict(table, hashes).startswith("shared sources: 10 of 10 test images from 1 group")
