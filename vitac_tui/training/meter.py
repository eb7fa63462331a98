"""Loss and accuracy while training: summed on the device, read without waiting for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class Position:
    """Where a training is: batches of the current epoch done, and its running sums."""

    epoch: int = 0  # finished epochs
    batch: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    seen: int = 0
    wall_s: float = 0.0
    told_loss: float = 0.0  # `loss_sum` and `seen` at the last point of the curve
    told_seen: int = 0
    finite: bool = True  # every point of the curve


@dataclass(frozen=True)
class LossPoint:
    """A point of the curve: the mean loss since the last one, the top-1 of the epoch so far."""

    step: int
    batch: int
    rate: float
    loss: float
    top1: float
    img_per_s: float


@dataclass(frozen=True)
class _Marked:
    """A point whose sums are on their way to the host."""

    step: int
    batch: int
    rate: float
    seen: int
    wall_s: float
    sums: _Reading


class _Reading:
    """The sums as they are now, when they are there.

    To ask at once is to wait for the device to finish all that it was given, and to leave it idle
    until it is given more. Asked for one step later, they have long arrived.
    """

    def __init__(self, sums: Tensor) -> None:
        self._sums = sums.to("cpu", non_blocking=sums.device.type == "cuda", copy=True)
        self._arrived: torch.cuda.Event | None = None
        if sums.device.type == "cuda":
            self._arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
            # Of the sums' own device: the current one may be another GPU, with nothing to wait for.
            self._arrived.record(torch.cuda.current_stream(sums.device))

    def get(self) -> tuple[float, int]:
        """Summed loss and right answers."""
        if self._arrived is not None:
            self._arrived.synchronize()
        loss, correct = self._sums.tolist()
        return loss, int(correct)


class Meter:
    """Keeps the sums of a position on the device, and the point of the curve that is yet to tell.

    `position.loss_sum` and `.correct` are brought up to date by `settle` alone.
    """

    def __init__(self, device: torch.device, position: Position) -> None:
        exact = torch.float32 if device.type == "mps" else torch.float64  # mps has no float64
        sums = [position.loss_sum, position.correct]
        self._sums = torch.tensor(sums, dtype=exact, device=device)
        self._at = position
        self._marked: _Marked | None = None

    @property
    def waits_for_nothing(self) -> bool:
        """Whether a point can be told as soon as it is marked."""
        return self._sums.device.type == "cpu"

    def add(self, loss: Tensor, outputs: Tensor, labels: Tensor) -> None:
        """Count a batch in: its mean loss, outputs [B, classes] and labels [B]."""
        total = loss.to(self._sums.dtype) * len(labels)
        self._sums += torch.stack([total, (outputs.argmax(1) == labels).sum()])

    def mark(self, step: int, rate: float) -> None:
        """Make a point of the curve here; it can be told later."""
        at, sums = self._at, _Reading(self._sums)
        self._marked = _Marked(step, at.batch, rate, at.seen, at.wall_s, sums)

    def told(self) -> LossPoint | None:
        """The point that was marked and not told."""
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
        """Bring the position's sums up to date; this waits for the device."""
        self._at.loss_sum, self._at.correct = _Reading(self._sums).get()
