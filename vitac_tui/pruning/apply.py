"""Applying one pruning step, whatever its method."""

from __future__ import annotations

import torch

from vitac_tui.experiment.prune import Step
from vitac_tui.experiment.registries import implementation
from vitac_tui.pruning.mask_hook import apply_masks
from vitac_tui.pruning.state import (
    Batches,
    Context,
    Outcome,
    Prunable,
    StepReport,
    nonzero_weights,
)
from vitac_tui.runs.interrupt import Interrupter

__all__ = ["Prunable", "StepReport", "apply_step"]


def apply_step(
    state: Prunable,
    step: Step,
    *,
    keep_masks: bool,
    image_size: int,
    seed: int,
    batches: Batches | None,
    device: str | torch.device,
    interrupter: Interrupter | None = None,
) -> StepReport:
    """Prune `state` in place by one step, whose amount is a number (no sweep).

    Channel pruning replaces parameters: build a new optimiser (EMA, DDP wrapper) afterwards.

    Args:
        state: the network on `device`, and its masks.
        step: settings; `step.implementation` names the function that does it.
        keep_masks: amounts are of what is still unmasked; else of everything, zeros first. Masks
            of all steps are held during recovery either way.
        image_size: height and width of an image, in pixels.
        seed: of random importance; the global generators are left as they were.
        batches: gives training batches (images, output indices); only "taylor" takes them.
        device: where the network is.
        interrupter: checked where a step takes long.

    Raises:
        UserError: the step does not fit the network; `check.check_steps` finds that beforehand.
        Interrupted: by `interrupter`; the network is then unchanged.
    """
    context = Context(keep_masks, image_size, seed, batches, torch.device(device), interrupter)
    before = nonzero_weights(state.model)
    outcome: Outcome = implementation(step.implementation)(state, step, context)
    apply_masks(state)
    gone = before - nonzero_weights(state.model)
    return StepReport(
        method=step.method,  # type: ignore[attr-defined]  # declared by every step, not the base
        requested=list(getattr(step, "channels", ())) or step.amount,  # type: ignore[attr-defined]
        removed=gone / state.dense_weights,
        of_left=gone / before if before else 0.0,
        detail=outcome.detail,
        note="; ".join(filter(None, (outcome.note, _surprise(step, outcome, gone)))),
    )


def _surprise(step: Step, outcome: Outcome, gone: int) -> str:
    """That a step took nothing, or far from its amount: by two points, or a factor of two."""
    if not gone:
        return "removed nothing"
    amount, taken = getattr(step, "amount", 0.0), outcome.taken
    if not amount or (abs(taken - amount) <= 0.02 and amount / 2 <= taken <= amount * 2):
        return ""
    why = f", since {outcome.rounding}" if outcome.rounding else ""
    return f"took {taken:.2%} where {amount:.2%} was asked for{why}"
