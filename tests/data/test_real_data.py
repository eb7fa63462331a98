"""On real images, where `VITAC_TUI_TEST_DATA` names a folder that holds the two sets."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from vitac_tui.audit.survey import describe
from vitac_tui.data.read import read_dataset
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import FolderLayout, Split, VitacLayout
from vitac_tui.images.builder import open_decoded


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
    dataset = FolderLayout(
        layout="folder", root=str(root), group=r"scale_(\d+)_", image_size=32, cache=str(tmp_path)
    )
    table = read_dataset(dataset)
    assert len(table.class_ids) == 10
    assert Counter(s.split for s in table.samples) == {"train": 540, "test": 180, "val": 90}
    decoded = open_decoded(table, dataset)
    assert decoded.pixels.shape == (810, 32, 32, 3)
    assert not decoded.corrupt
    _, report = describe(dataset, table, table, decoded, ())
    assert report["verdict_grade"] == "nothing_found"
    assert report["near_copies"]["test"]["near_spread"] < 0.02
    by_image = dataset.model_copy(update={"split": Split(by="image")})
    table = read_dataset(by_image)
    _, report = describe(by_image, table, table, decoded, ())
    assert report["verdict"].startswith("leak: ")
    assert 'eplace the split by `split = {by = "group"}`' in report["verdict"]


@pytest.mark.parametrize(
    "modality, group, said, near",
    [
        ("visual", "11v/IMG_2460", "shared sources: 10 of 10 test images are in 1 group", 0.0),
        ("tactile", "11t/121-133", "leak: 10 of 10 test images have a near-duplicate", 1.0),
    ],
)
def test_the_released_cloth_shares_its_source_and_its_tactile_half_leaks(
    real_data: Path, tmp_path: Path, modality, group: str, said: str, near: float
):
    root = real_data / "vitac-cloth11"
    if not root.is_dir():
        pytest.skip("VITAC_TUI_TEST_DATA holds no vitac-cloth11")
    dataset = VitacLayout(layout="vitac", root=str(root), modality=modality, cache=str(tmp_path))
    with pytest.raises(UserError, match="class '11' has 1 group"):
        read_dataset(dataset)
    dataset = dataset.model_copy(update={"split": Split(val=0.0)})
    table = read_dataset(dataset)
    assert Counter(s.split for s in table.samples) == {"train": 20, "test": 10}
    assert {s.group for s in table.samples} == {group}
    _, report = describe(dataset, table, table, open_decoded(table, dataset), ())
    assert report["verdict"].startswith(said)
    assert report["near_copies"]["test"]["near"] == near
