"""Compiled training steps (`train.compile`), and after how many steps they pay back."""

from __future__ import annotations

import logging
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.torch_version import TorchVersion

from vitac_tui.errors import UserError, one_line
from vitac_tui.loading.batches import Batch
from vitac_tui.models.precision import Precision, autocast
from vitac_tui.runs.context import RunContext
from vitac_tui.system.dirs import default_cache_root
from vitac_tui.training.devices import is_out_of_memory

CACHE_VARIABLE = "TORCHINDUCTOR_CACHE_DIR"  # kept if the user sets it
WARM_UP = 2  # passes; with CUDA graphs, the first compiles and the second records
TIMED = 5
TIMED_S = 6.0  # timing ends after this

Forward = Callable[[Tensor], Tensor]  # images [B, 3, S, S] to outputs [B, classes]


def require_compiler(device: torch.device) -> None:
    """Check that this machine can compile, by compiling a trivial function.

    Training without compiling instead would give other results than on other machines.

    Raises:
        UserError: it cannot: a compiler, its headers or triton are missing or do not match.
    """
    _configure_torch()
    try:
        doubled = _compile(lambda numbers: (2 * numbers).sum(), device)
        doubled(torch.ones(8, device=device, requires_grad=True)).backward()  # type: ignore[no-untyped-call]
    except Exception as error:  # the layers below raise all kinds
        raise _cannot(error) from error
    finally:
        torch.compiler.reset()


def compiled(
    model: nn.Module,
    batch: Batch,
    *,
    precision: Precision,
    steps: int,
    context: RunContext,
    unit: str,
) -> Forward:
    """Return the model's forward pass, compiled together with its backward pass.

    The model and the random state are unchanged: the passes for compiling and timing leave nothing
    behind, and the compiled code works on the model's own tensors. Batches of another size than
    `batch`, such as the last of an epoch, always run uncompiled.

    Args:
        model: in train mode.
        batch: a batch of the usual size.
        precision: of the training.
        steps: number of remaining steps.
        context: of the run; gets a note with the time per step and when compiling pays back.
        unit: of the training.

    Raises:
        UserError: torch cannot compile this network.
        Interrupted: between two passes.
    """
    _configure_torch()
    context.progress.start(f"{unit}/compile")
    device, full = batch[0].device, len(batch[0])
    torch.compiler.reset()  # torch stops compiling a function that it has compiled too often
    run = _compile(model, device)

    def forward(images: Tensor) -> Tensor:
        fits = len(images) == full
        if fits and device.type == "cuda":
            # The outputs of the step before may be overwritten.
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        outputs: Tensor = (run if fits else model)(images)
        return outputs

    with _untouched(model, device):
        began = time.perf_counter()
        try:
            _pass(forward, model, batch, precision)
        except Exception as error:
            if is_out_of_memory(error):
                raise
            raise _cannot(error) from error
        compile_s = time.perf_counter() - began
        step_s, eager_s = _timed((forward, model), model, batch, precision, context)
    context.note(cost_note(compile_s, step_s, eager_s, steps), unit=unit)
    return forward


def cost_note(compile_s: float, step_s: float, eager_s: float, steps: int) -> str:
    """Return the time that compiling took, the time per step, and when compiling pays back.

    Args:
        compile_s: seconds that compiling took.
        step_s: seconds of a compiled forward and backward pass.
        eager_s: the same without compiling.
        steps: of the training.
    """
    text = f"compiling took {compile_s:.0f} s; a forward and backward pass takes {step_s:.3g} s"
    if step_s >= eager_s:
        return f"{text}, {eager_s:.3g} s without: it does not pay back"
    even = compile_s / (eager_s - step_s)
    pays = "pays back" if even < steps else "would pay back"
    return f"{text} instead of {eager_s:.3g} s: {pays} after {even:,.0f} steps, of {steps:,}"


def _compile(function: Forward, device: torch.device) -> Forward:
    """Compile for fixed sizes, as a whole or not at all, and on CUDA into CUDA graphs.

    Before torch 2.14 CUDA graphs belong to the thread that compiled first, which is not the one
    that trains (pytorch issue 123177).
    """
    graphs = device.type == "cuda" and TorchVersion(torch.__version__) >= "2.14"
    mode = "reduce-overhead" if graphs else None
    return torch.compile(function, dynamic=False, fullgraph=True, mode=mode)


def _configure_torch() -> None:
    """Have torch keep compiled code in this user's own folders, and compile in this process.

    By default it uses a folder in /tmp, which another user may have made before, and worker
    processes, which check only once a minute whether their parent still lives.

    Raises:
        UserError: the folder in /tmp, where torch always keeps its headers, is another user's.
    """
    # Late, since importing them takes a second.
    from torch._inductor import config
    from torch._inductor.runtime import cache_dir_utils

    default = cache_dir_utils.default_cache_dir()  # torch itself sets the variable to it
    if os.environ.get(CACHE_VARIABLE, default) == default:
        os.environ[CACHE_VARIABLE] = str(default_cache_root() / "compiled")
    for folder in (default, os.environ[CACHE_VARIABLE]):
        _require_own(Path(folder))
    config.compile_threads = 1
    # It warns if there is an nvcc and no GPU, but the device was chosen before.
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)


def _require_own(folder: Path) -> None:
    """Make the folder, or check that it is this user's: its files are executed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.lstat().st_uid
    except OSError as error:
        raise UserError(
            f"{folder} cannot be used for compiled code ({error.strerror})",
            where="train.compile",
            remedy=f"make it writable, name another folder in {CACHE_VARIABLE}, or set it to false",
        ) from error
    if owner != os.getuid():
        raise UserError(
            f"{folder} belongs to another user, and compiled code would be read from it",
            where="train.compile",
            remedy="have it removed, or set TMPDIR to a folder of your own",
        )


def _cannot(error: Exception) -> UserError:
    lines = [line for line in str(error).splitlines() if line.strip()] or [""]
    cause = lines[1] if lines[1:] and lines[0].endswith("raised:") else lines[0]
    return UserError(
        one_line(f"torch cannot compile here ({type(error).__name__}: {cause})"),
        where="train.compile",
        remedy="install what is missing (a C++ compiler; on a GPU also triton), or set it to false",
    )


@contextmanager
def _untouched(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Restore statistics and the random state, and delete gradients, on leaving."""
    kept = {name: buffer.clone() for name, buffer in model.named_buffers()}
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            yield
        finally:
            model.zero_grad(set_to_none=True)
            with torch.no_grad():
                for name, buffer in model.named_buffers():
                    buffer.copy_(kept[name])


def _timed(
    forwards: Sequence[Forward],
    model: nn.Module,
    batch: Batch,
    precision: Precision,
    context: RunContext,
) -> list[float]:
    """Return the median seconds of a forward and backward pass of each, after warm-up.

    The forward passes alternate, so that other load on the machine affects all equally.
    """
    times: list[list[float]] = [[] for _ in forwards]
    for number in range(WARM_UP + TIMED):
        for forward, taken in zip(forwards, times, strict=True):
            context.interrupter.check()
            began = time.perf_counter()
            _pass(forward, model, batch, precision)
            if number >= WARM_UP:
                taken.append(time.perf_counter() - began)
        if sum(map(sum, times)) > TIMED_S:
            break
    return [statistics.median(taken) for taken in times]


def _pass(forward: Forward, model: nn.Module, batch: Batch, precision: Precision) -> None:
    """Run a forward and backward pass as in a training step, without gradients from before."""
    images, labels = batch
    model.zero_grad(set_to_none=True)
    with autocast(images.device, precision):
        outputs = forward(images)
    functional.cross_entropy(outputs.float(), labels).backward()  # type: ignore[no-untyped-call]
    if images.device.type == "cuda":
        torch.cuda.synchronize(images.device)
