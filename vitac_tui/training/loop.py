"""The training loop: one function for the dense model and for fine-tuning after pruning.

It can be entered at any batch, ends between two batches, and touches neither files nor screens:
it reports through the run's context and saves through a checkpointer.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from vitac_tui.data.memory import available_memory
from vitac_tui.errors import UserError
from vitac_tui.experiment.choices import OPTIMIZERS, SCHEDULES, implementation
from vitac_tui.loading.augment import standard
from vitac_tui.loading.batches import ImageSet, bounds
from vitac_tui.runs import events
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.interrupt import Interrupted
from vitac_tui.runs.progress import Report
from vitac_tui.training.checkpoints import Checkpointer, State
from vitac_tui.training.devices import autocast, is_out_of_memory
from vitac_tui.training.recipe import Outcome, Recipe, rank
from vitac_tui.training.seeding import generator

POINTS = 1000  # train_step events of a whole training, about twice the width of a wide plot

# Opens the unit of an epoch (counted from 1) and gives what its batches report to.
EpochScope = Callable[[int], AbstractContextManager[Report]]


@dataclass
class _Position:
    """Where the loop is: batches of the current epoch done, and its running sums."""

    epoch: int = 0  # finished epochs
    batch: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    seen: int = 0
    wall_s: float = 0.0


def fit(
    model: nn.Module,
    images: ImageSet,
    recipe: Recipe,
    *,
    context: RunContext,
    unit: str,
    epoch_scope: EpochScope,
    validate: Callable[[], dict[str, float]] | None,
    checkpointer: Checkpointer,
    after_building: Callable[[Optimizer], object] | None = None,
) -> Outcome:
    """Train `model` in place.

    Args:
        model: on the images' device; left in train mode with the kept epoch's weights.
        images: the training images.
        recipe: settings, rate, epochs and seed.
        context: events, interrupter and progress of the run.
        unit: prefix of the epochs' units; a resume state of the same prefix is gone on from.
        epoch_scope: opens each epoch's unit.
        validate: loss and top1 on validation, after every epoch; None without validation images.
        checkpointer: where resume states go.
        after_building: given the new optimiser (to hold masks after its steps).

    Raises:
        Interrupted: between two batches, after the state was saved.
        UserError: out of memory.
    """
    return _Fit(
        model, images, recipe, context, unit, epoch_scope, validate, checkpointer, after_building
    ).run()


class _Fit:
    """The moving parts of one training."""

    def __init__(
        self,
        model: nn.Module,
        images: ImageSet,
        recipe: Recipe,
        context: RunContext,
        unit: str,
        epoch_scope: EpochScope,
        validate: Callable[[], dict[str, float]] | None,
        checkpointer: Checkpointer,
        after_building: Callable[[Optimizer], object] | None,
    ) -> None:
        self.model = model
        self.images = images
        self.recipe = recipe
        self.context = context
        self.unit = unit
        self.epoch_scope = epoch_scope
        self.validate = validate
        self.checkpointer = checkpointer
        self.bounds = bounds(len(images), recipe.train.batch_size)
        self.steps = recipe.epochs * len(self.bounds)
        self.stride = max(1, self.steps // POINTS)
        build = implementation(OPTIMIZERS[recipe.train.optimizer].implementation)
        self.optimizer: Optimizer = build(model.parameters(), recipe.train, recipe.learning_rate)
        schedule = implementation(SCHEDULES[recipe.train.schedule].implementation)
        self.schedule: LRScheduler = schedule(self.optimizer, recipe.learning_rate, self.steps)
        if after_building is not None:
            after_building(self.optimizer)
        self.at = _Position()
        self.outcome = Outcome()
        self.best: dict[str, Tensor] = {}

    def run(self) -> Outcome:
        self.checkpointer.restore(self._restore)
        self.model.train()
        try:
            while self.at.epoch < self.recipe.epochs and self.outcome.state == "finished":
                epoch = self.at.epoch + 1
                with self.epoch_scope(epoch) as report:
                    self._epoch(epoch, report)
                self._save_if_due()
        except Interrupted:
            self._save(wait=True)
            raise
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                raise _out_of_memory(
                    error, self.images.device, self.recipe.train.batch_size
                ) from error
            raise
        if self.best:
            self.model.load_state_dict(self.best)
        return self.outcome

    def _epoch(self, epoch: int, report: Report) -> None:
        seed, images = self.recipe.seed, len(self.images)
        order = torch.randperm(images, generator=generator(seed, "order", epoch))
        augment = None
        if self.recipe.augment == "standard":
            drawn = generator(seed, "augment", epoch)
            augment = standard(images, self.recipe.modality, drawn)
        device = self.images.device
        # Sums stay on the device; reading one is a synchronisation, so it is done every stride.
        exact = torch.float32 if device.type == "mps" else torch.float64  # mps has no float64
        loss_sum = torch.tensor(self.at.loss_sum, dtype=exact, device=device)
        correct = torch.tensor(self.at.correct, dtype=torch.int64, device=device)
        since = torch.zeros((), dtype=exact, device=device)
        since_seen = 0
        began, before = time.perf_counter(), self.at.wall_s
        left = self.bounds[self.at.batch :]
        batches = self.images.batches((order[start:end] for start, end in left), augment)
        for number in range(self.at.batch, len(self.bounds)):
            began += self._wait(loss_sum, correct)
            inputs, labels = next(batches)
            rate = self.optimizer.param_groups[0]["lr"]
            loss, outputs = self._step(inputs, labels)
            total = loss.to(exact) * len(labels)
            loss_sum += total
            since += total
            correct += (outputs.argmax(1) == labels).sum()
            since_seen += len(labels)
            self.at.batch = number + 1
            self.at.seen += len(labels)
            self.at.wall_s = before + time.perf_counter() - began
            step = self.at.epoch * len(self.bounds) + self.at.batch
            if step % self.stride == 0 or step == self.steps:
                mean = since.item() / since_seen
                self.context.emit(
                    events.TrainStep(epoch, step, mean, rate), f"{self.unit}/epoch/{epoch}"
                )
                report(
                    self.at.batch,
                    len(self.bounds),
                    loss=mean,
                    top1=correct.item() / self.at.seen,
                    img_per_s=self.at.seen / max(self.at.wall_s, 1e-9),
                )
                since.zero_()
                since_seen = 0
                if not math.isfinite(mean):
                    self.outcome.state = "diverged"
                    break
            if self.checkpointer.due() or self.context.interrupter.take_checkpoint_request():
                self._read_sums(loss_sum, correct)
                self._save()
        self._read_sums(loss_sum, correct)
        self._close_epoch(epoch)

    def _step(self, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        with autocast(inputs.device, self.recipe.precision):
            outputs = self.model(inputs)
        loss = functional.cross_entropy(
            outputs.float(),
            labels,
            weight=self.recipe.class_weights,
            label_smoothing=self.recipe.train.label_smoothing,
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.schedule.step()
        return loss.detach(), outputs.detach()

    def _wait(self, loss_sum: Tensor, correct: Tensor) -> float:
        try:
            waited = self.context.interrupter.check()
        except Interrupted:
            self._read_sums(loss_sum, correct)
            raise
        if waited:
            self.context.progress.idle(waited)
        return waited

    def _read_sums(self, loss_sum: Tensor, correct: Tensor) -> None:
        self.at.loss_sum, self.at.correct = loss_sum.item(), int(correct.item())

    def _close_epoch(self, epoch: int) -> None:
        at, outcome = self.at, self.outcome
        val = self.validate() if self.validate and outcome.state == "finished" else None
        self.model.train()
        # Only now, since an interruption while validating does the whole validation again.
        outcome.wall_s += at.wall_s
        outcome.images += at.seen
        outcome.epochs = epoch
        outcome.train = {"loss": at.loss_sum / at.seen, "top1": at.correct / at.seen}
        outcome.val = val
        if outcome.state == "finished":
            self._keep(epoch)
        self.context.emit(
            events.EpochFinished(
                epoch,
                self.recipe.epochs,
                epoch * len(self.bounds),
                outcome.train,
                outcome.val,
                at.wall_s,
                at.seen / max(at.wall_s, 1e-9),
            ),
            f"{self.unit}/epoch/{epoch}",
        )
        self.at = _Position(epoch=epoch)

    def _keep(self, epoch: int) -> None:
        best, now = self.outcome.kept_val, self.outcome.val
        if self.recipe.train.keep == "best" and now is not None:
            if best is not None and rank(now) <= rank(best):
                return
            self.best = {
                key: value.detach().clone() for key, value in self.model.state_dict().items()
            }
        self.outcome.kept_epoch = epoch
        self.outcome.kept_train, self.outcome.kept_val = self.outcome.train, now

    def _save_if_due(self) -> None:
        asked = self.context.interrupter.take_checkpoint_request()
        if asked or self.checkpointer.due(finished_epochs=self.at.epoch):
            self._save()

    def _save(self, *, wait: bool = False) -> None:
        self.checkpointer.save(self.unit, self._state(), wait=wait)

    def _state(self) -> State:
        step = self.at.epoch * len(self.bounds) + self.at.batch
        return {
            "epoch": self.at.epoch,
            "step": step,
            "position": vars(self.at),
            "outcome": vars(self.outcome),
            "model": self.model.state_dict(),
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
            "schedule": _plain(self.schedule.state_dict()),
            "rng": torch.get_rng_state(),
        }

    def _restore(self, state: State) -> None:
        if state["unit"] != self.unit:
            return
        self.at = _Position(**state["position"])
        self.outcome = Outcome(**state["outcome"])
        self.model.load_state_dict(state["model"])
        self.best = {key: value.to(self.images.device) for key, value in state["best"].items()}
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["rng"])


def _plain(value: Any) -> Any:
    """A schedule's state without functions, which resume states cannot hold."""
    return {key: item for key, item in value.items() if not callable(item)}


def _out_of_memory(error: BaseException, device: torch.device, batch_size: int) -> UserError:
    needed = re.search(r"Tried to allocate [^.]*(\.\d+ \w+)?|allocate \d+ bytes", str(error))
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        held = torch.cuda.max_memory_allocated(device)
        used, left, whole = (f"{size / 2**20:.0f}" for size in (held, free, total))
        had = f"{used} MiB in use at most, {left} of {whole} MiB free"
    else:
        host = available_memory()
        had = f"{host / 2**20:.0f} MiB free" if host is not None else "no more is to be had"
    if needed:
        had = f"{needed[0]}; {had}"
    return UserError(
        f"out of memory on {device} with batches of {batch_size} ({had})",
        where="train.batch_size",
        remedy=f"try {max(2, batch_size // 2)}, a smaller dataset.image_size or a smaller network",
    )
