"""The training loop: one function for the dense model and for fine-tuning after pruning.

It can start at any batch and stop between any two. It touches neither files nor screens: it reports
through the run's context and saves through a checkpointer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import KW_ONLY, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from vitac_tui.experiment.registries import (
    AUGMENTATIONS,
    OPTIMIZERS,
    SCHEDULES,
    implementation,
)
from vitac_tui.loading.augment import Augmentation
from vitac_tui.loading.batches import ImageSet, bounds
from vitac_tui.models.precision import autocast, loss_scaler
from vitac_tui.runs import events
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.interrupt import Interrupted
from vitac_tui.runs.progress import Report
from vitac_tui.runs.rows import EpochScores
from vitac_tui.training.checkpoints import Checkpointer, State
from vitac_tui.training.compiling import Forward, compiled
from vitac_tui.training.devices import is_out_of_memory, out_of_memory
from vitac_tui.training.meter import Meter, Position
from vitac_tui.training.mixup import blended, other, shares
from vitac_tui.training.recipe import Recipe, TrainingResult, rank
from vitac_tui.training.seeding import derive, generator, seeded

POINTS = 1000  # train_step events per training, about twice the width of a wide plot
SMALLEST_SCALE = 1.0  # of the loss in fp16; below, gradients overflow without scaling

# Opens the unit of an epoch (from 1); its batches report to what the block is given.
EpochScope = Callable[[int], AbstractContextManager[Report]]


@dataclass
class Trainer:
    """Trains a network in place.

    Attributes:
        model: on the images' device; `run` leaves it in train mode with the kept epoch's weights.
        images: the training images.
        recipe: settings, rate, epochs and seed.
        context: events, interrupter and progress of the run.
        unit: prefix of the epochs' units; a resume state of the same prefix is continued.
        epoch_scope: opens each epoch's unit.
        validate: returns loss and top1 on validation, after every epoch; None without images.
        checkpointer: saves and restores resume states.
        after_building: called with the new optimiser, for example to hold masks.
    """

    model: nn.Module
    images: ImageSet
    recipe: Recipe
    _: KW_ONLY
    context: RunContext
    unit: str
    epoch_scope: EpochScope
    validate: Callable[[], EpochScores] | None
    checkpointer: Checkpointer
    after_building: Callable[[Optimizer], object] | None = None

    def __post_init__(self) -> None:
        train, rate, device = self.recipe.train, self.recipe.learning_rate, self.images.device
        self.bounds = bounds(len(self.images), train.batch_size)
        self.steps = self.recipe.epochs * len(self.bounds)
        self.stride = max(1, self.steps // POINTS)
        build = implementation(OPTIMIZERS[train.optimizer].implementation)
        self.optimizer: Optimizer = build(self.model.parameters(), train, rate)
        schedule = implementation(SCHEDULES[train.schedule].implementation)
        self.schedule: LRScheduler = schedule(self.optimizer, rate, self.steps)
        self.scaler = loss_scaler(device, self.recipe.precision)
        if self.after_building is not None:
            self.after_building(self.optimizer)
        self.forward: Forward = self.model
        self.at = Position()
        self.meter = Meter(device, self.at)
        self.outcome = TrainingResult()
        self.best: dict[str, Tensor] = {}

    def run(self) -> TrainingResult:
        """Train, from the resume state of this unit if there is one.

        Raises:
            Interrupted: between two batches, after saving the state.
            UserError: out of memory, or torch cannot compile the network.
        """
        self.checkpointer.restore(self._restore)
        self.model.train()
        try:
            if self.recipe.train.compile and self._step_number < self.steps:
                self._compile()
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
                size = self.recipe.train.batch_size
                raise out_of_memory(error, self.images.device, size) from error
            raise
        if self.best:
            self.model.load_state_dict(self.best)
        return self.outcome

    def _compile(self) -> None:
        """Compile before the first step of each process, so that a resume computes the same."""
        start, end = self.bounds[0]
        self.forward = compiled(
            self.model,
            self.images.batch(torch.arange(start, end)),
            precision=self.recipe.precision,
            steps=self.steps - self._step_number,
            context=self.context,
            unit=self.unit,
        )

    def _epoch(self, epoch: int, report: Report) -> None:
        seed, images = self.recipe.seed, len(self.images)
        order = torch.randperm(images, generator=generator(seed, "order", epoch))
        draw = implementation(AUGMENTATIONS[self.recipe.augment].implementation)
        augment: Augmentation | None = draw(
            images, self.recipe.modality, generator(seed, "augment", epoch)
        )
        blend = shares(self.recipe.train.mixup, len(self.bounds), seed=seed, epoch=epoch)
        self.meter = Meter(self.images.device, self.at)
        began, before = time.perf_counter(), self.at.wall_s
        left = self.bounds[self.at.batch :]
        batches = self.images.batches((order[start:end] for start, end in left), augment)
        for number in range(self.at.batch, len(self.bounds)):
            began += self._wait(report)
            inputs, labels = next(batches)
            rate = self.optimizer.param_groups[0]["lr"]
            loss, outputs = self._step(inputs, labels, share=blend[number])
            self.meter.add(loss, outputs, labels)
            self.at.batch = number + 1
            self.at.seen += len(labels)
            self.at.wall_s = before + time.perf_counter() - began
            if self._step_number % self.stride == 0 or self._step_number == self.steps:
                self._report_point(report)
                if self.at.finite:
                    self.meter.mark(self._step_number, rate)
                if self.meter.is_immediate:
                    self._report_point(report)
                if not self.at.finite:
                    break
            if self.checkpointer.due() or self.context.interrupter.take_checkpoint_request():
                self._settle(report)
                self._save()
        self._settle(report)
        self.at.wall_s = before + time.perf_counter() - began
        if not self.at.finite:
            self.outcome.state = "diverged"
        self._close_epoch(epoch)

    def _step(self, inputs: Tensor, labels: Tensor, *, share: float) -> tuple[Tensor, Tensor]:
        self.optimizer.zero_grad(set_to_none=True)
        if share < 1:
            inputs = blended(inputs, share)
        # So random layers such as dropout draw the same for this batch after a resume.
        seed = derive(self.recipe.seed, "network", self.at.epoch + 1, self.at.batch)
        with seeded(seed, inputs.device), autocast(inputs.device, self.recipe.precision):
            outputs = self.forward(inputs)
        loss = self._loss(outputs, labels)
        if share < 1:
            loss = share * loss + (1 - share) * self._loss(outputs, other(labels))
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.step(self.optimizer)
        self.scaler.update()
        # Also after a step that the scaler skipped: the schedule counts batches, so it ends with
        # the training, and the device need not be asked.
        self.schedule.step()
        return loss.detach(), outputs.detach()

    def _loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return functional.cross_entropy(
            outputs.float(),
            labels,
            weight=self.recipe.class_weights,
            label_smoothing=self.recipe.train.label_smoothing,
        )

    def _wait(self, report: Report) -> float:
        try:
            waited = self.context.interrupter.check()
        except Interrupted:
            self._settle(report)
            raise
        if waited:
            self.context.progress.idle(waited)
        return waited

    @property
    def _step_number(self) -> int:
        return self.at.epoch * len(self.bounds) + self.at.batch

    def _report_point(self, report: Report) -> None:
        """Report the point of the curve that was marked last, if it was not yet."""
        point = self.meter.take_marked()
        if point is None:
            return
        epoch = self.at.epoch + 1
        event = events.TrainStep(epoch, point.step, point.loss, point.rate)
        self.context.emit(event, f"{self.unit}/epoch/{epoch}")
        metrics = {"loss": point.loss, "top1": point.top1, "img_per_s": point.img_per_s}
        report(point.batch, len(self.bounds), **metrics)

    def _settle(self, report: Report) -> None:
        self._report_point(report)
        self.meter.settle()

    def _close_epoch(self, epoch: int) -> None:
        at, outcome = self.at, self.outcome
        val = self.validate() if self.validate and outcome.state == "finished" else None
        self.model.train()
        # Only now, since after an interruption the whole validation is repeated.
        outcome.wall_s += at.wall_s
        outcome.images += at.seen
        outcome.epochs = epoch
        train: EpochScores = {"loss": at.loss_sum / at.seen, "top1": at.correct / at.seen}
        outcome.train, outcome.val = train, val
        if outcome.state == "finished":
            self._keep(epoch)
        self.context.emit(
            events.EpochFinished(
                epoch,
                self.recipe.epochs,
                epoch * len(self.bounds),
                train,
                val,
                at.wall_s,
                at.seen / max(at.wall_s, 1e-9),
            ),
            f"{self.unit}/epoch/{epoch}",
        )
        self._warn_of_scale(epoch)
        self.at = Position(epoch=epoch)

    def _warn_of_scale(self, epoch: int) -> None:
        """Warn if gradients overflow even without loss scaling: their steps are lost."""
        scale = self.scaler.get_scale()  # 1 without scaling
        if scale < SMALLEST_SCALE:
            text = f"fp16: the loss scale fell to {scale:g}, steps are skipped; try fp32"
            self.context.note(text, level="warning", unit=f"{self.unit}/epoch/{epoch}")

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
        return {
            "epoch": self.at.epoch,
            "step": self._step_number,
            "position": vars(self.at),
            "outcome": vars(self.outcome),
            "model": self.model.state_dict(),
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
            "schedule": _plain(self.schedule.state_dict()),
            "scaler": self.scaler.state_dict(),
            "rng": torch.get_rng_state(),
        }

    def _restore(self, state: State) -> None:
        if state["unit"] != self.unit:
            return
        self.at = Position(**state["position"])
        self.outcome = TrainingResult(**state["outcome"])
        self.model.load_state_dict(state["model"])
        self.best = {key: value.to(self.images.device) for key, value in state["best"].items()}
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.scaler.load_state_dict(state.get("scaler", {}))
        torch.set_rng_state(state["rng"])


def _plain(value: Any) -> Any:
    """Return a schedule's state without functions, which resume states cannot hold."""
    return {key: item for key, item in value.items() if not callable(item)}
