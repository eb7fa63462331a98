"""Scores computed from recorded predictions, and damaged predictions."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.errors import UserError
from vitac_tui.evaluation.metrics import Collector
from vitac_tui.images.spec import ImageSpec
from vitac_tui.loading.batches import ImageSet
from vitac_tui.runs.context import directly
from vitac_tui.worker.stages.assess import evaluation
from vitac_tui.worker.stages.predictions import read_predictions, write_predictions

LABELS = [0, 0, 0, 0, 2, 2, 2, 2]  # output indices: class "b" has output 2
NAMES = ("a", "b")


def engine(folder: Path, notes: list[str], groups: list[str]) -> SimpleNamespace:
    samples = tuple(
        Sample(f"{number}.png", label, "x", group=group)
        for number, (label, group) in enumerate(zip(LABELS, groups, strict=True))
    )
    return SimpleNamespace(
        experiment=SimpleNamespace(seeds=()),
        prepared=SimpleNamespace(outputs=(0, 2)),
        run=SimpleNamespace(predictions=folder),
        data=SimpleNamespace(table=SampleTable(Path(), samples), class_names=NAMES),
        context=SimpleNamespace(store=directly, note=lambda text, **_: notes.append(text)),
    )


def images() -> ImageSet:
    rows = torch.arange(len(LABELS))
    return ImageSet(np.empty(0), rows, torch.tensor(LABELS), torch.device("cpu"), ImageSpec(8))


def score(made: SimpleNamespace, name: str, predicted: list[int]) -> dict:
    collector = Collector()
    collector.add(torch.eye(3)[predicted] * 9, torch.tensor(LABELS))
    result = collector.result(split="val", classes=(0, 2), wall_s=1.0)
    write_predictions(made, f"{name}.val", result, images())
    return evaluation(made, 0, name, result, images(), "unit")  # type: ignore[return-value]


def test_a_model_is_scored_per_image_per_group_and_against_dense(tmp_path: Path) -> None:
    notes: list[str] = []
    made = engine(tmp_path, notes, list("ssttuuvv"))
    dense = score(made, "dense", LABELS)
    assert (dense["top1"], dense["groups"], dense["against_dense"]) == (1, 4, None)
    assert dense["interval"] == "groups"
    assert dense["top1_low"] < 1
    pruned = score(made, "main", [0, 0, 0, 0, 0, 1, 2, 2])
    assert pruned["vote"]["top1"] == 0.75
    against = pruned["against_dense"]
    assert (against["gained"], against["lost"], against["difference"]) == (0, 2, -2 / 8)
    assert against["p"] == 1.0  # a single changed group is no evidence
    assert against["lost_classes"] == []
    assert notes == [
        "4 groups in val: with fewer than 8, intervals are too wide for most decisions"
    ]


def test_without_groups_there_is_no_vote_and_no_warning(tmp_path: Path) -> None:
    notes: list[str] = []
    row = score(engine(tmp_path, notes, [""] * 8), "dense", LABELS)
    assert (row["interval"], row["groups"], row["vote"], notes) == ("exact", None, None, [])
    assert row["grouped_low"] < row["top1_low"]  # in case the images are grouped after all


def damage_nothing_left(path: Path) -> None:
    path.unlink()


def damage_no_archive(path: Path) -> None:
    path.write_bytes(b"PK")


def damage_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def damage_other_images(path: Path) -> None:
    with np.load(path) as arrays:
        kept = dict(arrays)
    np.savez(path, **(kept | {"row": kept["row"] + 1}))


def damage_pickled(path: Path) -> None:
    np.savez(path, row=np.array([{}], object), top5=[[0]], probability=[[0.0]])


@pytest.mark.parametrize(
    "damage",
    [
        damage_nothing_left,
        damage_no_archive,
        damage_cut,
        damage_other_images,
        damage_pickled,
    ],
)
def test_damaged_predictions_are_reported_as_a_user_error(tmp_path: Path, damage) -> None:
    made = engine(tmp_path, [], [""] * 8)
    score(made, "dense", LABELS)
    damage(tmp_path / "dense.val.npz")
    with pytest.raises(UserError, match=r"dense\.val\.npz: its predictions"):
        read_predictions(made.run, "dense.val", images(), made.data.table)
