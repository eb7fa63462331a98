"""Measure the latency of a forward pass on this machine."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import nn

from vitac_tui.models.layers import input_channels
from vitac_tui.models.modes import eval_mode, is_channels_last
from vitac_tui.models.precision import Precision, autocast
from vitac_tui.runs.interrupt import Interrupter

WARM_UP = 3  # passes, unless one takes too long
MAX_REPETITIONS = 200


@dataclass(frozen=True)
class Latency:
    """Times of a forward pass over `batch` images that are already on the device.

    Zeroed weights are computed like all others, so only removed channels reduce latency.
    """

    device: str
    runtime: str
    dtype: str
    batch: int
    threads: int
    n: int  # repetitions measured
    median_ms: float
    p95_ms: float


def latency(
    model: nn.Module,
    image_size: int,
    batch: int,
    *,
    device: str | torch.device,
    dtype: Precision,
    seconds: float,
    interrupter: Interrupter | None = None,
) -> Latency:
    """Return the latency of a model; its training and evaluation modes are restored.

    Args:
        model: on `device`; inputs take its memory format.
        image_size: height and width of the images.
        batch: images per pass.
        device: where the model is.
        dtype: precision of the network, under autocast as in `evaluate`.
        seconds: approximate total duration; at least one warm-up pass and one timed pass.
        interrupter: checked before every pass.

    Raises:
        Interrupted: by `interrupter`.
    """
    device = torch.device(device)
    layout = torch.channels_last if is_channels_last(model) else torch.contiguous_format
    shape = (batch, input_channels(model), image_size, image_size)
    images = torch.zeros(shape, device=device).to(memory_format=layout)
    times: list[float] = []

    def one_pass() -> float:
        if interrupter is not None:
            interrupter.check()
        start = perf_counter()
        with autocast(device, dtype):
            model(images)
        _synchronise(device)
        return perf_counter() - start

    with eval_mode(model), torch.inference_mode():
        begun = perf_counter()
        for _ in range(WARM_UP):
            if one_pass() > seconds / WARM_UP:
                break
        # If the warm-up used up the time, measure for another half of it.
        end = max(begun + seconds, perf_counter() + seconds / 2)
        while not times or (len(times) < MAX_REPETITIONS and perf_counter() < end):
            times.append(one_pass())
    return Latency(
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        runtime="torch",
        dtype=dtype,
        batch=batch,
        threads=torch.get_num_threads(),
        n=len(times),
        median_ms=1e3 * statistics.median(times),
        p95_ms=1e3 * _p95(times),
    )


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1] if times[1:] else times[0]


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
