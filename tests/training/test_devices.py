"""Which device and precision are picked, and the messages where that is impossible."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from vitac_tui.errors import UserError
from vitac_tui.models import precision as precision_of
from vitac_tui.training import devices
from vitac_tui.training.seeding import choose_algorithms, derive, generator

NO_GPU = not torch.cuda.is_available()


def test_the_cpu_is_picked_where_there_is_nothing_else() -> None:
    if not NO_GPU or torch.backends.mps.is_available():
        pytest.skip("this machine has an accelerator")
    assert devices.pick("auto", "fp32").device == torch.device("cpu")


@pytest.mark.parametrize(
    "flags, precision",
    [({"avx2"}, "fp32"), ({"avx512_bf16"}, "bf16"), ({"amx_bf16", "avx512_bf16"}, "bf16")],
)
def test_auto_goes_by_the_features_of_the_processor(
    flags: set[str], precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision_of, "cpu_flags", lambda: frozenset(flags))
    picked = devices.pick("cpu", "auto")
    assert picked.precision == precision
    assert "bf16" in picked.why


def test_what_is_asked_for_is_picked() -> None:
    assert devices.pick("cpu", "bf16").precision == "bf16"


@pytest.mark.skipif(not NO_GPU, reason="torch can use a GPU here")
def test_a_gpu_that_torch_cannot_use_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H100 (UUID: GPU-1)'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(UserError, match="NVIDIA H100") as caught:
        devices.pick("auto", "auto")
    assert 'device = "cpu"' in str(caught.value)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert devices.pick("auto", "fp32").device.type == "cpu"


@pytest.mark.skipif(not NO_GPU, reason="torch can use a GPU here")
def test_a_gpu_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UserError, match="no usable CUDA device"):
        devices.pick("cuda:3", "auto")


@pytest.mark.gpu
@pytest.mark.skipif(NO_GPU, reason="needs a CUDA device")
def test_the_gpu_with_most_free_memory_is_picked() -> None:
    picked = devices.pick("auto", "auto").device
    free = [torch.cuda.mem_get_info(i)[0] for i in range(torch.cuda.device_count())]
    assert picked.type == "cuda"
    assert free[picked.index or 0] == max(free)


@pytest.fixture
def algorithms() -> Iterator[None]:
    """Puts torch's choice of algorithms back."""
    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    yield
    torch.use_deterministic_algorithms(before[0], warn_only=True)
    torch.backends.cudnn.benchmark = before[1]


@pytest.mark.parametrize(
    "device, asked, deterministic",
    [("cuda", True, True), ("cuda", False, False), ("cpu", True, True), ("cpu", False, True)],
)
def test_figures_repeat_but_on_a_gpu_where_speed_was_asked_for(
    device: str, asked: bool, deterministic: bool, algorithms: None
) -> None:
    choose_algorithms(torch.device(device), deterministic=asked)
    assert torch.are_deterministic_algorithms_enabled() == deterministic
    assert torch.backends.cudnn.benchmark != deterministic


def test_cublas_is_told_to_repeat_itself_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    devices.pick("cpu", "auto")
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


def test_streams_of_a_seed_are_independent_and_repeatable() -> None:
    drawn = {derive(seed, name, n) for seed in (0, 1) for name in ("a", "b") for n in (0, 1)}
    assert len(drawn) == 8
    one, other = (torch.rand(3, generator=generator(0, "order", 1)) for _ in range(2))
    assert torch.equal(one, other)
