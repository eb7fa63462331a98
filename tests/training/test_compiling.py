"""Compiled steps: repeatable, also after a resume, with a note on whether they pay back."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from bench import RECIPE, TRAIN, Bench, Small, equal, small

from vitac_tui.errors import UserError
from vitac_tui.models.build import build
from vitac_tui.pruning.apply import Prunable
from vitac_tui.pruning.mask_hook import hold_masks
from vitac_tui.runs import events
from vitac_tui.runs.interrupt import Interrupted
from vitac_tui.training import compiling
from vitac_tui.training.compiling import compiled, cost_note, require_compiler

CPU = torch.device("cpu")
COMPILED = replace(RECIPE, train=TRAIN.model_copy(update={"compile": True}))


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A place of their own for what these tests compile."""
    folder = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCHINDUCTOR_CACHE_DIR", str(folder))
        yield folder


def test_what_pays_back_says_when_and_what_does_not_says_so() -> None:
    assert cost_note(32.0, 0.21, 0.33, 1200) == (
        "compiling took 32 s; a forward and backward pass takes 0.21 s instead of 0.33 s: "
        "pays back after 267 steps, of 1,200"
    )
    assert "would pay back after 267 steps, of 100" in cost_note(32.0, 0.21, 0.33, 100)
    assert cost_note(32.0, 0.33, 0.33, 1200).endswith("0.33 s without: it does not pay back")


def test_without_a_compiler_it_is_said_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(UserError, match=r"C\+\+ compiler") as caught:
        require_compiler(CPU)
    assert "train.compile" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_network_that_cannot_be_compiled_is_a_sentence(tmp_path: Path) -> None:
    class Chatty(Small):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if images.mean() > 0:  # which way depends on values: two graphs
                return super().forward(images)
            return super().forward(-images)

    with pytest.raises(UserError, match="torch cannot compile here"):
        Bench(tmp_path).fit(Chatty(), COMPILED)


def test_compiling_leaves_the_network_and_the_random_state_alone(tmp_path: Path) -> None:
    bench, model = Bench(tmp_path), small().train()
    model.features.append(torch.nn.Dropout())
    before = {key: value.clone() for key, value in model.state_dict().items()}
    batch = (torch.rand(4, 3, 16, 16), torch.arange(4) % 3)
    random = torch.get_rng_state()
    forward = compiled(model, batch, precision="fp32", steps=9, context=bench.context, unit="u")
    assert torch.equal(torch.get_rng_state(), random)
    assert all(parameter.grad is None for parameter in model.parameters())
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], value) for key, value in before.items())
    forward(batch[0]).sum().backward()  # works on the model's own tensors
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert after["features.1.num_batches_tracked"] == 1


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_compiled_training_repeats_and_goes_on_bit_for_bit(
    tmp_path: Path, precision: str
) -> None:
    how = replace(COMPILED, precision=precision)
    models = [small(), small(), Small()]
    outcomes = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        outcomes.append(Bench(folder).fit(models[number], how))
    stopped = Bench(tmp_path)
    stopped.stop_at = 4  # in the second of three epochs, each of whose last batches is larger
    with pytest.raises(Interrupted):
        stopped.fit(small(), how)
    again = Bench(tmp_path)
    outcomes.append(again.fit(models[2], how))
    assert equal(models[0], models[1])
    assert equal(models[0], models[2])
    assert outcomes[0].train == outcomes[1].train == outcomes[2].train
    (note,) = again.of(events.Note)
    assert "compiling took" in note.text


def test_masks_hold_in_a_compiled_training(tmp_path: Path) -> None:
    model = small()
    kept = torch.rand_like(model.fc.weight) < 0.5
    with torch.no_grad():
        model.fc.weight.masked_fill_(~kept, 0.0)
    state = Prunable(model, {"fc.weight": kept})
    Bench(tmp_path).fit(
        model, COMPILED, after_building=lambda optimizer: hold_masks(optimizer, state)
    )
    assert (model.fc.weight == 0).eq(~kept).all()
    assert not equal(model, small())


@pytest.mark.slow
def test_a_resnet_compiles_as_a_whole_and_in_this_process(tmp_path: Path, cache: Path) -> None:
    model = build("resnet18", 3).to(memory_format=torch.channels_last).train()
    images = torch.rand(4, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    batch = (images, torch.arange(4) % 3)
    bench = Bench(tmp_path)
    forward = compiled(model, batch, precision="bf16", steps=9, context=bench.context, unit="u")
    assert children() == set()
    assert any(cache.iterdir())
    plain = model(images)
    torch.testing.assert_close(forward(images), plain, rtol=0.1, atol=0.1)


def children() -> set[int]:
    return {
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/stat")
        if path.read_text().rpartition(")")[2].split()[1] == str(os.getpid())
    }


def test_compiled_code_is_kept_in_the_users_cache_unless_he_names_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(compiling.CACHE_VARIABLE)
    require_compiler(CPU)
    assert list((tmp_path / "vitac-tui" / "compiled").rglob("*.cpp"))
    monkeypatch.setenv(compiling.CACHE_VARIABLE, str(tmp_path / "named"))
    require_compiler(CPU)
    assert list((tmp_path / "named").rglob("*.cpp"))


def test_nothing_is_executed_from_a_folder_of_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(compiling.CACHE_VARIABLE, str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(UserError, match="belongs to another user"):
        require_compiler(CPU)


@pytest.mark.gpu
@pytest.mark.slow
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_compiled_steps_learn_what_others_learn(tmp_path: Path) -> None:
    device = torch.device("cuda")
    model = build("resnet18", 3).to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    images = torch.rand(8, 3, 64, 64, device=device).contiguous(memory_format=torch.channels_last)
    batch = (images, torch.arange(8, device=device) % 3)
    bench = Bench(tmp_path)
    forward = compiled(model, batch, precision="fp32", steps=9, context=bench.context, unit="u")
    for _ in range(3):  # recorded, then replayed
        model.zero_grad(set_to_none=True)
        outputs = forward(images)
        torch.testing.assert_close(outputs, model(images), rtol=1e-2, atol=1e-2)
        outputs.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
