"""First weights come from a file without anything being executed, and the report says what came."""

import os
import socket

import pytest
import safetensors.torch
import torch

from vitac_tui.errors import UserError
from vitac_tui.models.build import build
from vitac_tui.models.weights import initialise


@pytest.fixture(scope="module")
def donor():
    torch.manual_seed(1)
    return build("resnet18", 10).state_dict()


@pytest.fixture
def model():
    torch.manual_seed(2)
    return build("resnet18", 10)


def load(model, path, arch="resnet18"):
    return initialise(model, str(path), arch=arch)


def test_none_keeps_the_fresh_network(model):
    before = model.conv1.weight.clone()
    assert initialise(model, "none", arch="resnet18").source == "random"
    assert torch.equal(model.conv1.weight, before)


def test_a_safetensors_file_is_taken_over_whole(model, donor, tmp_path):
    safetensors.torch.save_file(donor, tmp_path / "w.safetensors")
    report = load(model, tmp_path / "w.safetensors")
    assert report.matched == len(donor)
    assert report.missing == report.unexpected == ()
    assert all(torch.equal(model.state_dict()[key], donor[key]) for key in donor)


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "_orig_mod.", "model._orig_mod."])
@pytest.mark.parametrize("wrapper", [None, "state_dict", "model_state_dict"])
def test_wrappers_and_prefixes_of_training_scripts_come_off(
    model, donor, tmp_path, prefix, wrapper
):
    state = {prefix + key: value for key, value in donor.items()}
    torch.save({wrapper: state, "epoch": 3} if wrapper else state, tmp_path / "w.pt")
    assert load(model, tmp_path / "w.pt").matched == len(donor)
    assert torch.equal(model.fc.weight, donor["fc.weight"])


def test_a_lightning_file_with_other_modules_lists_them(model, donor, tmp_path):
    state = {"model." + key: value for key, value in donor.items()}
    torch.save({"state_dict": {**state, "loss.weight": torch.ones(3)}}, tmp_path / "w.ckpt")
    assert load(model, tmp_path / "w.ckpt").unexpected == ("loss.weight",)


def test_two_networks_in_one_file_are_refused(model, donor, tmp_path):
    both = {f"{who}.{key}": value for who in ("model", "module") for key, value in donor.items()}
    torch.save(both, tmp_path / "w.pt")
    with pytest.raises(UserError, match="twice"):
        load(model, tmp_path / "w.pt")


def test_a_head_of_another_width_stays_random_and_is_noted(donor, tmp_path):
    torch.save(donor, tmp_path / "w.pt")
    model = build("resnet18", 4)
    head = model.fc.weight.clone()
    report = load(model, tmp_path / "w.pt")
    assert torch.equal(model.fc.weight, head)
    assert torch.equal(model.conv1.weight, donor["conv1.weight"])
    assert "10 outputs in the file, 4 in the network" in report.note
    assert report.missing == ("fc.weight", "fc.bias")


def test_missing_tensors_are_listed(model, donor, tmp_path):
    torch.save({k: v for k, v in donor.items() if k != "bn1.weight"}, tmp_path / "w.pt")
    assert load(model, tmp_path / "w.pt").missing == ("bn1.weight",)


def test_another_shape_elsewhere_is_an_error_and_changes_nothing(model, donor, tmp_path):
    before = model.layer1[0].conv1.weight.clone()
    torch.save({**donor, "conv1.weight": torch.zeros(61, 3, 7, 7)}, tmp_path / "w.pt")
    with pytest.raises(UserError, match=r"conv1.weight is \[61, 3, 7, 7\], not \[64, 3, 7, 7\]"):
        load(model, tmp_path / "w.pt")
    assert torch.equal(model.layer1[0].conv1.weight, before)


def test_a_file_of_another_network_is_an_error(model, tmp_path):
    torch.save({f"encoder.{i}.weight": torch.zeros(3) for i in range(50)}, tmp_path / "w.pt")
    said = r"has 0 of 120 tensors of resnet18; missing: .* and 117 more; unexpected: .* and 47 more"
    with pytest.raises(UserError, match=said):
        load(model, tmp_path / "w.pt")


def test_a_file_with_little_of_the_network_is_an_error(model, donor, tmp_path):
    before = model.conv1.weight.clone()
    torch.save({key: donor[key] for key in [*donor][:50]}, tmp_path / "w.pt")
    with pytest.raises(UserError, match="has 50 of 120 tensors of resnet18"):
        load(model, tmp_path / "w.pt")
    assert torch.equal(model.conv1.weight, before)


@pytest.mark.parametrize(
    "spoilt, said",
    [
        (lambda t: t.long(), "holds int64 numbers"),
        (lambda t: t.bool(), "holds bool numbers"),
        (lambda t: t.to(torch.complex64), "holds complex64 numbers"),
        (lambda t: t / 0, "not finite"),
        (lambda t: t.half() / 0, "not finite"),
        (lambda t: t.to_sparse(), "is sparse"),
    ],
)
def test_tensors_that_are_no_weights_are_refused_by_name(
    model, donor, tmp_path, spoilt, said, recwarn
):
    torch.save({**donor, "conv1.weight": spoilt(donor["conv1.weight"])}, tmp_path / "w.pt")
    recwarn.clear()
    with pytest.raises(UserError, match=f"conv1.weight .*{said}"):
        load(model, tmp_path / "w.pt")
    assert len(recwarn) == 0


def test_half_precision_is_taken_and_a_file_within_itself_ends(model, donor, tmp_path):
    content = {key: value.half() for key, value in donor.items()}
    content["model"] = content
    torch.save(content, tmp_path / "w.pt")
    assert load(model, tmp_path / "w.pt").matched == len(donor)


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_a_hostile_pickle_is_not_executed(model, donor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({**donor, "bomb": Bomb()}, "w.pt")
    with pytest.raises(UserError, match="without running code from it") as caught:
        load(model, "w.pt")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
@pytest.mark.parametrize("damage", ["truncated", "empty", "text"])
def test_a_damaged_file_is_one_line(model, donor, tmp_path, name, damage):
    path = tmp_path / name
    if path.suffix == ".pt":
        torch.save(donor, path)
    else:
        safetensors.torch.save_file(donor, path)
    whole = path.read_bytes()
    path.write_bytes({"truncated": whole[:5000], "empty": b"", "text": b"hello\n" * 9}[damage])
    with pytest.raises(UserError, match=r"^model.weights: .*damaged") as caught:
        load(model, path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, torch.zeros(2), {}])
def test_a_file_without_a_state_dict_is_an_error(model, tmp_path, content):
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(UserError, match="has no state dict"):
        load(model, tmp_path / "w.pt")


def test_a_missing_file_says_what_would_be_right(model, tmp_path):
    with pytest.raises(UserError, match=r"there is no file .*imagenet"):
        load(model, tmp_path / "nothing.pt")
    os.mkfifo(tmp_path / "fifo.pt")
    for path in (tmp_path / "fifo.pt", tmp_path):
        with pytest.raises(UserError, match="is not a regular file"):
            load(model, path)


def test_imagenet_without_a_network_is_an_error_with_a_way_out(model, tmp_path, monkeypatch):
    def unreachable(*_args, **_kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    with pytest.raises(UserError, match=r"cannot be downloaded .*Name or service.*resnet18-.*pth"):
        initialise(model, "imagenet", arch="resnet18")
    assert socket.getdefaulttimeout() is None


def test_imagenet_takes_what_lies_in_torch_s_cache(model, donor, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    (tmp_path / "hub/checkpoints").mkdir(parents=True)
    head = {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}
    torch.save({**donor, **head}, tmp_path / "hub/checkpoints/resnet18-f37072fd.pth")
    report = initialise(model, "imagenet", arch="resnet18")
    assert report.source == "ResNet18_Weights.IMAGENET1K_V1"
    assert torch.equal(model.conv1.weight, donor["conv1.weight"])
    assert "1000 outputs in the file, 10 in the network" in report.note
