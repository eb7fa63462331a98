"""A saved model loads again exactly, and a file that does not fit is an error in one line."""

import json

import pytest
import safetensors.torch
import torch

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import DepGraph, GlobalUnstructured
from vitac_tui.models.build import build
from vitac_tui.models.card import ModelCard
from vitac_tui.models.files import bytes_of, load_model, save_model, stem_of
from vitac_tui.pruning.apply import Prunable, apply_step

IMAGES = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def card(arch="resnet18", num_classes=4, **more):
    return ModelCard(
        arch=arch,
        num_classes=num_classes,
        class_names=tuple("abcd"),
        image_size=64,
        fit="squash",
        modality="visual",
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        **more,
    )


def pruned(arch, *steps):
    torch.manual_seed(0)
    state = Prunable(build(arch, 4))
    for step in steps:
        apply_step(state, step, keep_masks=False, image_size=64, seed=0, batches=None, device="cpu")
    return state


HALF = DepGraph(method="depgraph", amount=0.5)
FEW = DepGraph(method="depgraph", layer="conv1", channels=[2, 6, 9])
MASK = GlobalUnstructured(method="global_unstructured", amount=0.3)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A narrow, masked model on disk; tests copy what they spoil."""
    folder = tmp_path_factory.mktemp("saved")
    state = pruned("resnet18", DepGraph(method="depgraph", amount=0.7), MASK)
    save_model(folder / "m", state.model, card(), state.masks)
    return folder, state


@pytest.fixture
def spoilable(saved, tmp_path):
    for path in saved[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path / "m"


@pytest.mark.parametrize("arch", ["resnet18", "resnet34", "resnet50", "resnext50_32x4d"])
def test_a_network_pruned_by_channels_comes_back_exactly(arch, tmp_path):
    state = pruned(arch, HALF, FEW)
    save_model(tmp_path / "x.1", state.model, card(arch))
    loaded = load_model(tmp_path / "x.1").model
    assert not loaded.training
    assert repr(loaded) == repr(state.model)  # widths, groups and strides too
    with torch.no_grad():
        assert torch.equal(loaded(IMAGES), state.model.eval()(IMAGES))


def test_the_dense_network_comes_back_exactly(tmp_path):
    model = build("resnet18", 4)
    save_model(tmp_path / "dense", model, card())
    loaded = load_model(tmp_path / "dense").model.state_dict()
    assert list(loaded) == list(model.state_dict())
    assert all(torch.equal(loaded[key], value) for key, value in model.state_dict().items())


def test_masks_come_back_and_take_a_bit_an_entry(saved):
    folder, state = saved
    loaded = load_model(folder / "m")
    assert loaded.masks.keys() == state.masks.keys()
    assert all(torch.equal(loaded.masks[key], mask) for key, mask in state.masks.items())
    entries = sum(mask.numel() for mask in state.masks.values())
    assert (folder / "m.masks.safetensors").stat().st_size < entries / 8 + 4096


def test_a_model_without_masks_has_no_file_for_them(tmp_path):
    model = build("resnet18", 4)
    save_model(tmp_path / "m", model, card(), {"fc.weight": model.fc.weight > 0})  # type: ignore[dict-item]
    save_model(tmp_path / "m", model, card(), {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.json", "m.safetensors"]
    assert load_model(tmp_path / "m").masks == {}


def test_a_loaded_model_trains_and_prunes_on(saved):
    loaded = load_model(saved[0] / "m")
    model = loaded.model.train()
    model(IMAGES).sum().backward()
    torch.optim.SGD(model.parameters(), 0.1).step()
    state = Prunable(model, loaded.masks)
    report = apply_step(
        state, HALF, keep_masks=False, image_size=64, seed=0, batches=None, device="cpu"
    )
    assert report.removed > 0


def test_the_card_tells_readers_without_torch_what_the_model_is(tmp_path):
    model = build("resnet18", 4)
    steps = ({"method": "depgraph", "amount": 0.5},)
    save_model(tmp_path / "m", model, card(steps=steps, extra={"images": ["ab", "cd"]}))
    data = json.loads((tmp_path / "m.json").read_text())
    assert data["schema"] == 1
    assert data["layers"][0] == {
        "name": "conv1", "kind": "conv", "weight_shape": [64, 3, 7, 7], "parameters": 9408
    }  # fmt: skip
    assert data["steps"] == list(steps)
    assert data["extra"] == {"images": ["ab", "cd"]}
    assert set(data["versions"]) == {"vitac-tui", "python", "torch", "torchvision"}


def test_any_file_of_a_model_names_it(tmp_path):
    for name in ("a.b", "a.b.json", "a.b.safetensors", "a.b.masks.safetensors"):
        assert stem_of(tmp_path / name) == tmp_path / "a.b"


def test_bytes_are_those_of_the_weights_file(saved):
    folder, state = saved
    assert bytes_of(state.model) == (folder / "m.safetensors").stat().st_size


def test_weights_without_a_card_are_no_model(spoilable):
    spoilable.with_name("m.json").unlink()
    with pytest.raises(UserError, match="cannot be read"):
        load_model(spoilable)


@pytest.mark.parametrize("name", ["m.safetensors", "m.masks.safetensors"])
def test_a_changed_or_missing_file_is_an_error(spoilable, name):
    path = spoilable.with_name(name)
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(UserError, match="not the file that the card belongs to"):
        load_model(spoilable)
    path.unlink()
    with pytest.raises(UserError, match="cannot be read"):
        load_model(spoilable)


def test_a_card_of_another_version_is_said_to_be_one(spoilable):
    path = spoilable.with_name("m.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 2, "surprise": 1}))
    with pytest.raises(UserError, match="was saved by another version of vitac-tui"):
        load_model(spoilable)


@pytest.mark.parametrize(
    "name, tensor",
    [
        ("conv1.weight", torch.zeros(9, 3, 7, 7)),  # does not fit what follows
        ("conv1.weight", torch.zeros(16, 3, 5, 5)),  # another kernel
        ("conv1.weight", torch.zeros(0, 3, 7, 7)),
        ("conv1.weight", torch.zeros(65, 3, 7, 7)),  # wider than the architecture
        ("conv1.weight", torch.zeros(16, 3, 7, 7, dtype=torch.float64)),
        ("fc.weight", torch.zeros(8)),
        ("bn1.running_mean", torch.zeros(5)),
        ("bn1.bias", torch.zeros(5)),
        ("extra.weight", torch.zeros(1)),
    ],
    ids=lambda value: value if isinstance(value, str) else str(tuple(value.shape)),
)
def test_tensors_that_make_no_network_are_one_line(saved, tmp_path, name, tensor):
    tensors = {**saved[1].model.state_dict(), name: tensor}
    rewrite(saved[0], tmp_path, tensors)
    with pytest.raises(UserError, match="does not hold a resnet18") as caught:
        load_model(tmp_path / "m")
    assert "\n" not in str(caught.value)


def rewrite(folder, target, tensors):
    """A card that vouches for crafted weights."""
    import hashlib

    data = safetensors.torch.save(tensors)
    (target / "m.safetensors").write_bytes(data)
    old = json.loads((folder / "m.json").read_text())
    new = {**old, "sha256": hashlib.sha256(data).hexdigest(), "masks": [], "masks_sha256": ""}
    (target / "m.json").write_text(json.dumps(new))
