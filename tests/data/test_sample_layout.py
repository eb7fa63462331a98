from __future__ import annotations

from pathlib import Path

import pytest

from vitac_tui.data.read import read_dataset
from vitac_tui.experiment.dataset import SampleSetLayout


@pytest.mark.parametrize("modality, folder", [("visual", "vis0011"), ("tactile", "CD0011")])
def test_the_sample_set_is_rendered_once_and_its_lists_are_the_split(
    tmp_path: Path, modality, folder: str
):
    dataset = SampleSetLayout(
        layout="sample",
        modality=modality,
        classes=2,
        presses=4,
        frames=2,
        size=32,
        cache=str(tmp_path),
    )
    table = read_dataset(dataset)
    assert table.root.parent == tmp_path / "samples"
    assert table.class_ids == (11, 22)
    assert table.samples[0].path.startswith(folder)
    assert {s.split for s in table.samples} == {"train", "val", "test"}
    groups = {(s.group, s.split) for s in table.samples}
    assert len(groups) == len({group for group, _ in groups}) == 8
    times = {p: p.stat().st_mtime_ns for p in table.root.rglob("*.png")}
    assert read_dataset(dataset) == table
    assert {p: p.stat().st_mtime_ns for p in table.root.rglob("*.png")} == times


def test_a_root_of_ones_own_is_used(tmp_path: Path):
    dataset = SampleSetLayout(layout="sample", root="mine", classes=2, presses=4, frames=1, size=32)
    assert read_dataset(dataset, working_dir=tmp_path).root == tmp_path / "mine"
