"""Apply the steps of a variant to a model, in a run or in the preview."""

from __future__ import annotations

from dataclasses import dataclass

from vitac_tui.experiment.prune import Step
from vitac_tui.pruning.apply import Prunable, StepReport, apply_step
from vitac_tui.pruning.bn import recalibrate
from vitac_tui.pruning.state import Batches
from vitac_tui.runs.interrupt import Interrupter
from vitac_tui.training.devices import Picked
from vitac_tui.training.seeding import derive


@dataclass(frozen=True)
class Stepper:
    """Applies the steps of one variant to the model of one seed.

    Attributes:
        batches: returns training batches for importance and statistics, the same at every point.
    """

    seed: int
    keep_masks: bool
    image_size: int
    picked: Picked
    batches: Batches
    interrupter: Interrupter

    def apply(self, state: Prunable, number: int, step: Step) -> StepReport:
        """Apply step `number` (from 0). Raises what `apply_step` raises."""
        return apply_step(
            state,
            step,
            keep_masks=self.keep_masks,
            image_size=self.image_size,
            seed=derive(self.seed, "prune", number),
            batches=self.batches,
            device=self.picked.device,
            interrupter=self.interrupter,
        )

    def recalibrate(self, state: Prunable, step: Step) -> None:
        """Re-estimate batch-norm statistics with the step's recovery settings."""
        recalibrate(
            state.model,
            self.batches(),
            step.recover.bn_batches,
            device=self.picked.device,
            precision=self.picked.precision,
            interrupter=self.interrupter,
        )
