"""What the data, the network and the machine rule out is named as the preset or `--set` gave it."""

from pathlib import Path

import pytest
from support import TINY

from vitac_tui.errors import UserError
from vitac_tui.experiment import presets
from vitac_tui.worker.prepare import prepare

STEPS = """\
[[variant]]
name = "v1.5"
[[variant.prune]]
method = "depgraph"
layer = "conv1"
channels = [64]
"""
AFTER = len((TINY + STEPS).splitlines())


@pytest.fixture
def preset(stripes: Path, tmp_path: Path) -> Path:
    path = tmp_path / "p.toml"
    path.write_text(TINY.format(root=stripes) + STEPS)
    return path


@pytest.mark.parametrize(
    "sets, expected",
    [
        ([], f"FILE:{AFTER}: variant.v1.5.prune.0.channels: 'conv1' has no channel 64"),
        (["variant.0.prune.0.layer=fd"], "SET: variant.v1.5.prune.0.layer: 'fd' matches no layer"),
        (["dataset.root=nowhere"], "SET: dataset.root: there is no folder"),
        (["dataset.group=(zzz)"], "SET: dataset.group: '(zzz)' names a group for none"),
        (["dataset={layout='folder'}"], "SET: dataset.root: no folder is given"),
        (["model.num_classes=2"], "SET: model.num_classes: 2 outputs cannot tell 3 classes apart"),
        (["variant=[]", "model.weights=no.pt"], "SET: model.weights: there is no file"),
        (["variant.0.name=Rate-0"], "SET: variant.Rate-0.name: is a reserved name"),
        (
            ["dataset.split.val=0", "variant.0.prune=[{method='depgraph',amount={sweep=[0.1]}}]"],
            "SET: variant.v1.5.prune: a sweep must be judged on validation images",
        ),
        (
            ["variant.0.prune.0={method='depgraph',amount={sweep=[0.1, 0.10000001]}}"],
            "SET: variant.v1.5.prune.0.amount: two amounts would share the name 0.1",
        ),
        (["variant=[]", "device=cuda:999"], "SET: device: "),
        (["variant=[]", "train.epochs=0"], "SET: train.epochs: there is nothing to train"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(
    preset: Path, sets: list[str], expected: str
) -> None:
    experiment = presets.load(str(preset), sets)
    with pytest.raises(UserError) as caught:
        prepare(experiment, None)
    place = expected.replace("FILE", str(preset)).replace("SET", f"--set {''.join(sets[-1:])}")
    assert str(caught.value).startswith(place)


def test_a_path_that_the_system_refuses_is_a_sentence(preset: Path) -> None:
    experiment = presets.load(str(preset), ["variant=[]", f"model.weights={'x' * 300}.pt"])
    with pytest.raises(UserError, match=r"x+\.pt"):
        prepare(experiment, None)


def test_where_settings_were_given_is_no_part_of_an_experiment(preset: Path) -> None:
    one = presets.load(str(preset), ["seed=3"])
    preset.write_text(f"seed = 3\n{preset.read_text()}")
    assert presets.load(str(preset)) == one
