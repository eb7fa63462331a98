"""Experiments that do not fit the data, network or machine are refused, with their location."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from pydantic import JsonValue
from support import TINY, Command, write_stripes

from vitac_tui.data.read import read_dataset
from vitac_tui.data.samples_csv import write_samples_csv
from vitac_tui.errors import UserError
from vitac_tui.experiment import presets
from vitac_tui.experiment.dataset import FolderLayout
from vitac_tui.images.cache import without
from vitac_tui.models.build import build
from vitac_tui.models.card import ModelCard
from vitac_tui.models.files import save_model
from vitac_tui.models.lineage import Lineage
from vitac_tui.runs.directory import RunDir
from vitac_tui.worker.prepare import prepare, require_training_images
from vitac_tui.worker.process import environment

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
        (["dataset.group=(zzz)"], "SET: dataset.group: '(zzz)' finds a group for 0 of 36"),
        (["dataset={layout='folder'}"], "SET: dataset.root: no folder is set"),
        (["model.num_classes=2"], "SET: model.num_classes: 2 outputs are too few for 3 classes"),
        (["variant=[]", "model.weights=no.pt"], "SET: model.weights: there is no file"),
        (["variant.0.name=Rate-0"], "SET: variant.Rate-0.name: is a reserved name"),
        (
            ["dataset.split.val=0", "variant.0.prune=[{method='depgraph',amount={sweep=[0.1]}}]"],
            "SET: variant.v1.5.prune: a sweep must be compared on validation images",
        ),
        (
            ["variant.0.prune.0={method='depgraph',amount={sweep=[0.1, 0.10000001]}}"],
            "SET: variant.v1.5.prune.0.amount: two amounts would share the name 0.1",
        ),
        (["variant=[]", "device=cuda:999"], "SET: device: "),
        (["variant=[]", "train.epochs=0"], "SET: train.epochs: there is nothing to train"),
    ],
)
def test_a_refusal_names_the_setting_and_its_location(
    preset: Path, sets: list[str], expected: str
) -> None:
    experiment = presets.load(str(preset), sets)
    with pytest.raises(UserError) as caught:
        prepare(experiment, None)
    place = expected.replace("FILE", str(preset)).replace("SET", f"--set {''.join(sets[-1:])}")
    assert str(caught.value).startswith(place)


def test_an_overlong_path_is_reported_as_a_user_error(preset: Path) -> None:
    experiment = presets.load(str(preset), ["variant=[]", f"model.weights={'x' * 300}.pt"])
    with pytest.raises(UserError, match=r"x+\.pt"):
        prepare(experiment, None)


def test_the_source_of_a_setting_does_not_affect_equality(preset: Path) -> None:
    one = presets.load(str(preset), ["seed=3"])
    preset.write_text(f"seed = 3\n{preset.read_text()}")
    assert presets.load(str(preset)) == one


@pytest.mark.parametrize("recover", ["bn_batches=1", "epochs=1"])
def test_batch_norm_needs_two_training_images(preset: Path, recover: str) -> None:
    """With a single image, collecting statistics would never end."""
    step = f"{{method='ln_structured', layers=['fc'], amount=0.5, recover={{{recover}}}}}"
    experiment = presets.load(str(preset), [f"variant.0.prune.0={step}"])
    table = read_dataset(experiment.dataset)
    rows = table.rows("train")
    for kept, found in ((0, "there are none"), (1, "there are 1")):
        with pytest.raises(UserError, match=f"needs 2 training images, but {found}"):
            require_training_images(experiment, without(table, set(rows[kept:])))
    require_training_images(experiment, without(table, set(rows[2:])))


def test_a_split_that_cannot_be_read_is_not_replaced_by_another(
    stripes: Path, tmp_path: Path, vitac_tui: Command
) -> None:
    """Without validation images, the test images would be used instead."""
    root = tmp_path / "stripes"
    shutil.copytree(stripes, root)
    preset = tmp_path / "p.toml"
    preset.write_text(TINY.format(root=root))
    sets = ["dataset.split={test=0.25, val=0.25}", "dataset.max_corrupt=0.5"]
    table = read_dataset(presets.load(str(preset), sets).dataset)
    for row in table.rows("val"):
        (root / table.samples[row].path).write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    given = [text for one in sets for text in ("--set", one)]
    done = vitac_tui("--batch", preset, *given, cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "no image of val can be decoded" in done.stderr


def test_a_resumed_run_keeps_its_threads_even_if_its_device_is_set(
    preset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of threads changes results, through the order of summation."""
    made_with = {"device": "cpu", "precision": "fp32", "threads": 3}
    monkeypatch.setattr(environment, "read_environment", lambda _run: made_with)
    before = torch.get_num_threads()
    try:
        for device in ("cpu", "auto"):
            torch.set_num_threads(1)
            experiment = presets.load(str(preset), [f"device={device}"])
            picked = environment.picked_before(RunDir(tmp_path), experiment)
            assert (picked.device.type, torch.get_num_threads()) == ("cpu", 3)
    finally:
        torch.set_num_threads(before)


@pytest.fixture
def base(tmp_path: Path) -> Callable[[dict[str, JsonValue]], Path]:
    """Return a function that makes the run `base`, trained on `stripes` with ten outputs."""

    def make(extra: dict[str, JsonValue]) -> Path:
        run = tmp_path / "runs" / "base"
        (run / "checkpoints").mkdir(parents=True)
        (run / "experiment.toml").write_text("")
        card = ModelCard(
            schema=1,
            arch="resnet18",
            num_classes=10,
            class_names=("class0", "class1", "class2"),
            image_size=32,
            fit="stretch",
            modality="visual",
            mean=(0.5,) * 3,
            std=(0.5,) * 3,
            extra={**Lineage().extra(), **extra},
        )
        save_model(run / "checkpoints" / "dense", build("resnet18", 10), card)
        return run

    return make


@pytest.mark.parametrize(
    "added, expected",
    [
        ("a0", "class 'a0' is output 0 here, but no class of base's model"),
        ("z9", "class 'z9' is output 3 here, but no class of base's model"),
        ("", ""),
    ],
)
def test_a_class_keeps_the_output_that_the_model_has_for_it(
    base: Callable[[dict[str, JsonValue]], Path], tmp_path: Path, added: str, expected: str
) -> None:
    run = base({"class_ids": [0, 1, 2]})
    root = write_stripes(tmp_path / "set")
    if added:
        shutil.copytree(root / "class0", root / added)
    assert problem(root, run, tmp_path).endswith(expected + REMEDY if expected else "fine")


def test_shifted_ids_are_detected_even_if_the_new_class_is_excluded(
    base: Callable[[dict[str, JsonValue]], Path], tmp_path: Path
) -> None:
    run = base({"class_ids": [0, 1, 2]})
    root = write_stripes(tmp_path / "set")
    table = read_dataset(FolderLayout(layout="folder", root=str(root), group="g([0-9]+)_"))
    write_samples_csv(run / "samples.csv", table, [""] * len(table.samples))
    shutil.copytree(root / "class0", root / "a0")
    message = problem(root, run, tmp_path, f"dataset.split.from={run}")
    assert message.endswith(
        "class 'class0' is output 1 here, but output 0 of base's model" + REMEDY
    )


def test_a_card_without_class_ids_is_accepted(
    base: Callable[[dict[str, JsonValue]], Path], tmp_path: Path
) -> None:
    run = base({})
    root = write_stripes(tmp_path / "set")
    shutil.copytree(root / "class0", root / "a0")
    assert problem(root, run, tmp_path) == "fine"


def test_a_run_of_other_seeds_names_them(
    base: Callable[[dict[str, JsonValue]], Path], tmp_path: Path
) -> None:
    run = base({"class_ids": [0, 1, 2]})
    for seed in (1, 12):
        for file in (run / "checkpoints").glob("dense.*"):
            shutil.copy(file, file.with_name(f"seed{seed}-{file.name}"))
    for file in (run / "checkpoints").glob("dense.*"):
        file.unlink()
    root = write_stripes(tmp_path / "set")
    assert "base has models of other seeds: 1, 12" in problem(root, run, tmp_path)
    assert problem(root, run, tmp_path, "seed=12") == "fine"


REMEDY = "; use the classes that the run was trained on, or train a new model"


def problem(root: Path, run: Path, tmp_path: Path, *sets: str) -> str:
    """Return the error of evaluating the run's model on a dataset; "fine" without an error."""
    path = tmp_path / "p.toml"
    path.write_text(TINY.format(root=root))
    given = [f"from_run={run}", "train.epochs=0", "model.num_classes=10", *sets]
    try:
        prepare(presets.load(str(path), given), None)
    except UserError as refused:
        return str(refused)
    return "fine"
