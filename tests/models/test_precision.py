"""The arithmetic of a network: which is picked, and what it is in each."""

import pytest
import torch

from vitac_tui.models.precision import autocast, for_capability, loss_scaler, pick_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    "capability, precision",
    [
        ((6, 1), "fp32"),
        ((7, 0), "fp16"),
        ((7, 5), "fp16"),
        ((8, 0), "bf16"),
        ((9, 0), "bf16"),
        ((12, 0), "bf16"),
    ],
)
def test_a_gpu_is_given_the_best_arithmetic_that_it_is_fast_in(
    capability: tuple[int, int], precision: str
) -> None:
    picked, why = for_capability(capability)
    assert picked == precision
    assert "compute capability {}.{}".format(*capability) in why


@pytest.mark.parametrize(
    "precision, kind",
    [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)],
)
def test_a_network_computes_in_the_arithmetic_that_was_picked(
    precision: str, kind: torch.dtype
) -> None:
    layer = torch.nn.Conv2d(3, 4, 3)
    with autocast(CPU, precision):
        assert layer(torch.ones(1, 3, 5, 5)).dtype == kind
    assert loss_scaler(CPU, precision).is_enabled() == (precision == "fp16")


def test_a_run_made_in_fp16_can_be_gone_on_with_anywhere() -> None:
    assert pick_precision("fp16", CPU) == ("fp16", "requested")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_this_gpu_computes_in_what_is_picked_for_it() -> None:
    device = torch.device("cuda", 0)
    precision, _ = pick_precision("auto", device)
    kinds = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    layer = torch.nn.Conv2d(3, 4, 3).to(device)
    with autocast(device, precision):
        assert layer(torch.ones(1, 3, 5, 5, device=device)).dtype == kinds[precision]
