"""Prune the trained model: evaluate every amount of every variant, then select one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from vitac_tui.experiment.prune import Step, at_amount, needs_training_images, sweep_of
from vitac_tui.experiment.settings import Variant
from vitac_tui.models.files import load_model
from vitac_tui.pruning.apply import Prunable, StepReport
from vitac_tui.pruning.early_stop import EarlyStop
from vitac_tui.pruning.mask_hook import hold_masks
from vitac_tui.training.loop import Trainer
from vitac_tui.worker.stages.engine import Engine
from vitac_tui.worker.stages.kept_models import remove
from vitac_tui.worker.stages.row_names import row_id, rungs, seed_prefix, shown
from vitac_tui.worker.stages.score import record_model
from vitac_tui.worker.stages.steps import Stepper
from vitac_tui.worker.stages.sweep import SweepSearch
from vitac_tui.worker.stages.train import (
    epoch_scope,
    load_dense,
    recipe,
    training_index,
    validate,
)
from vitac_tui.worker.stages.units import step_unit


def prune_variant(engine: Engine, seed: int, variant: Variant) -> None:
    """Evaluate every amount of a variant and select one."""
    swept = sweep_of(variant.prune)
    prefix = f"{seed_prefix(engine.experiment, seed)}variant/{variant.name}"
    dense = cache(lambda: load_dense(engine, seed))

    def point(unit: str, amount: float | None) -> _VariantPoint:
        return _VariantPoint(engine, seed, variant, unit, amount, dense)

    if swept is None:
        point(f"{prefix}/point/0", None).run()
    else:
        SweepSearch(engine, seed, variant, swept, prefix, point).run()


def final_row(engine: Engine, seed: int, variant: Variant) -> str:
    """Return the row id of a variant's final model: the selected amount after its last rung."""
    results = engine.recorded()
    for choice in results.selected:
        if (choice["what"], choice["variant"], choice["seed"]) == ("amount", variant.name, seed):
            return str(choice["row"])
    return row_id(engine.experiment, seed, variant, None, len(variant.prune) - 1)


class _VariantPoint:
    """One amount of one variant: the steps applied to a fresh copy of the dense model."""

    def __init__(
        self,
        engine: Engine,
        seed: int,
        variant: Variant,
        unit: str,
        amount: float | None,
        dense: Callable[[], Prunable],
    ) -> None:
        self.engine = engine
        self.seed = seed
        self.variant = variant
        self.unit = unit
        self.amount = amount
        self.dense = dense
        self.steps: tuple[Step, ...] = (
            at_amount(variant.prune, amount) if amount is not None else variant.prune
        )
        self.stepper = Stepper(
            seed=seed,
            keep_masks=variant.keep_masks,
            image_size=engine.experiment.dataset.image_size,
            picked=engine.picked,
            batches=lambda: engine.data.recovery_batches(seed, engine.experiment.train.batch_size),
            interrupter=engine.context.interrupter,
        )
        self.reports: list[StepReport] = []
        self.notes_emitted = 0  # number of reports whose notes were emitted
        self.early: EarlyStop | None = None

    def run(self, early: EarlyStop | None = None) -> None:
        """Complete the point; `early` may stop the evaluation of its last row.

        After a resume, steps are applied again, which is quick and gives the same model.
        Fine-tuned models are loaded, and recorded rows are not evaluated again.
        """
        last = len(self.steps) - 1
        if self.engine.units.done(f"{step_unit(self.unit, self.steps, last)}/{self._rung(last)}"):
            return
        self.early = early
        self._pruned_model()
        if self.engine.experiment.evaluate.test == "chosen":
            for number in range(last):
                remove(self._stem(number))

    def keep(self) -> None:
        """Save the final model if it is not saved yet, by applying the steps again."""
        if not self._keeps(len(self.steps) - 1, self._rung(len(self.steps) - 1)):
            self._save(self._pruned_model(), self.row)

    @property
    def row(self) -> str:
        """The id of the point's last row."""
        last = len(self.steps) - 1
        return row_id(self.engine.experiment, self.seed, self.variant, self.amount, last)

    def _pruned_model(self) -> Prunable:
        state, self.reports, self.notes_emitted = self.dense().copy(), [], 0
        for number, step in enumerate(self.steps):
            self._apply(state, number, step)
        return state

    def _save(self, state: Prunable, row: str) -> None:
        applied = self.steps[: len(self.reports)]
        trained = self.engine.experiment.trains or any(map(needs_training_images, applied))
        card = self.engine.card([asdict(step) for step in self.reports], trained=trained)
        self.engine.save(row, state.model, card, state.masks)

    def _rung(self, number: int) -> str:
        return rungs(self.steps[number])[-1]

    def _stem(self, number: int) -> Path:
        name = row_id(self.engine.experiment, self.seed, self.variant, self.amount, number)
        return self.engine.run.checkpoints / name

    def _apply(self, state: Prunable, number: int, step: Step) -> None:
        engine = self.engine
        unit = step_unit(self.unit, self.steps, number)
        engine.context.progress.start(f"{unit}/raw")  # ranking channels can take a while
        self.reports.append(self.stepper.apply(state, number, step))
        if not shown(self.steps, number):
            return
        self._row(state, number, "raw", unit)
        if step.recover.bn_batches:
            self.stepper.recalibrate(state, step)
            self._row(state, number, "bn", unit)
        if step.recover.epochs:
            self._finetune(state, number, step, unit)
            self._row(state, number, "finetuned", unit)

    def _row(self, state: Prunable, number: int, rung: str, unit: str) -> None:
        engine, name = self.engine, f"{unit}/{rung}"
        if engine.units.done(name):
            return
        row = row_id(engine.experiment, self.seed, self.variant, self.amount, number, rung)
        with engine.units.begin(name) as report:
            if rung == "raw":
                self._emit_notes(row, name)
            if self._keeps(number, rung):
                self._save(state, row)
            record_model(
                engine,
                name,
                report,
                state,
                row_id=row,
                variant=self.variant.name,
                amount=self.amount,
                seed=self.seed,
                training=training_index(engine, self.seed),
                rung=rung,
                steps=self.reports,
                early=self.early if self._is_last(number, rung) else None,
            )

    def _emit_notes(self, row: str, unit: str) -> None:
        """Emit the notes of all steps since the last row, such as that a step removed nothing."""
        for report in self.reports[self.notes_emitted :]:
            if report.note:
                text = f"{row}: {report.method} {report.note}"
                self.engine.context.note(text, level="warning", unit=unit)
        self.notes_emitted = len(self.reports)

    def _keeps(self, number: int, rung: str) -> bool:
        """Return whether a later unit needs the model: the test, or a resume after fine-tuning.

        In a sweep, the test needs only the selected point. Without fine-tuning, that point is
        recreated after the selection, which is cheaper than saving every point.
        """
        if rung == "finetuned" or self.engine.experiment.evaluate.test == "all":
            return True
        trained = any(step.recover.epochs for step in self.steps)
        return self._is_last(number, rung) and (trained or self.amount is None)

    def _is_last(self, number: int, rung: str) -> bool:
        return number == len(self.steps) - 1 and rung == self._rung(number)

    def _finetune(self, state: Prunable, number: int, step: Step, unit: str) -> None:
        engine = self.engine
        if engine.units.done(f"{unit}/finetuned"):
            loaded = load_model(self._stem(number))
            state.model.load_state_dict(loaded.model.state_dict())
            return
        recovery = step.recover
        has_val = bool(engine.data.table.rows("val"))
        # Keep the last epoch, since picking the best one would be another selection. Do not
        # compile, since every pruned network would be compiled again for a few epochs.
        changed = {"keep": "last", "compile": False}
        settings = engine.experiment.train.model_copy(update=changed)
        made = recipe(engine, self.seed, recovery.learning_rate, recovery.epochs, "recover")
        result = Trainer(
            state.model,
            engine.data.train(),
            replace(made, train=settings),
            context=engine.context,
            unit=unit,
            epoch_scope=lambda epoch: epoch_scope(engine, unit, epoch),
            validate=(lambda: validate(engine, state.model)) if has_val else None,
            checkpointer=engine.checkpointer,
            after_building=lambda optimizer: hold_masks(optimizer, state),
        ).run()
        if result.state == "diverged":
            rate = f"learning rate {recovery.learning_rate:g}"
            text = f"{self.variant.name}: fine-tuning diverged at {rate}"
            engine.context.note(text, level="warning", unit=unit)
