"""Loss and accuracy while training: summed on the device, and read without waiting for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class Position:
    """The position of a training, and the running sums of its current epoch."""

    epoch: int = 0  # finished epochs
    batch: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    seen: int = 0
    wall_s: float = 0.0
    told_loss: float = 0.0  # `loss_sum` and `seen` at the last point of the curve
    told_seen: int = 0
    finite: bool = True  # whether all points of the curve were finite


@dataclass(frozen=True)
class LossPoint:
    """A point of the curve: mean loss since the last point, and top-1 of the epoch so far."""

    step: int
    batch: int
    rate: float
    loss: float
    top1: float
    img_per_s: float


@dataclass(frozen=True)
class _Marked:
    """A point whose sums are being copied to the host."""

    step: int
    batch: int
    rate: float
    seen: int
    wall_s: float
    sums: _Reading


class _Reading:
    """A copy of the current sums, on its way to the host.

    Reading it at once would wait for all queued work, and leave the device idle afterwards. One
    step later it has arrived.
    """

    def __init__(self, sums: Tensor) -> None:
        self._sums = sums.to("cpu", non_blocking=sums.device.type == "cuda", copy=True)
        self._arrived: torch.cuda.Event | None = None
        if sums.device.type == "cuda":
            self._arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
            # On the device of the sums, which need not be the current one.
            self._arrived.record(torch.cuda.current_stream(sums.device))

    def get(self) -> tuple[float, int]:
        """Return the summed loss and the number of correct predictions."""
        if self._arrived is not None:
            self._arrived.synchronize()
        loss, correct = self._sums.tolist()
        return loss, int(correct)


class Meter:
    """Keeps the running sums on the device, and the point of the curve that is not reported yet.

    Only `settle` updates `position.loss_sum` and `position.correct`.
    """

    def __init__(self, device: torch.device, position: Position) -> None:
        exact = torch.float32 if device.type == "mps" else torch.float64  # mps has no float64
        sums = [position.loss_sum, position.correct]
        self._sums = torch.tensor(sums, dtype=exact, device=device)
        self._at = position
        self._marked: _Marked | None = None

    @property
    def is_immediate(self) -> bool:
        """Whether a point can be read as soon as it is marked."""
        return self._sums.device.type == "cpu"

    def add(self, loss: Tensor, outputs: Tensor, labels: Tensor) -> None:
        """Add a batch: its mean loss, outputs [B, classes] and labels [B]."""
        total = loss.to(self._sums.dtype) * len(labels)
        self._sums += torch.stack([total, (outputs.argmax(1) == labels).sum()])

    def mark(self, step: int, rate: float) -> None:
        """Make a point of the curve here, to be taken later."""
        at, sums = self._at, _Reading(self._sums)
        self._marked = _Marked(step, at.batch, rate, at.seen, at.wall_s, sums)

    def take_marked(self) -> LossPoint | None:
        """Return the marked point, or None if it was taken before."""
        at, marked = self._at, self._marked
        if marked is None:
            return None
        self._marked = None
        loss_sum, correct = marked.sums.get()
        mean = (loss_sum - at.told_loss) / (marked.seen - at.told_seen)
        at.told_loss, at.told_seen = loss_sum, marked.seen
        at.finite = at.finite and math.isfinite(mean)
        img_per_s = marked.seen / max(marked.wall_s, 1e-9)
        top1 = correct / marked.seen
        return LossPoint(marked.step, marked.batch, marked.rate, mean, top1, img_per_s)

    def settle(self) -> None:
        """Update the sums of the position; this waits for the device."""
        self._at.loss_sum, self._at.correct = _Reading(self._sums).get()
