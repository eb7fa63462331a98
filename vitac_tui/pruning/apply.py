"""Applying one pruning step of any method."""

from __future__ import annotations

import torch

from vitac_tui.experiment.prune import Step
from vitac_tui.experiment.registries import implementation
from vitac_tui.pruning.mask_hook import apply_masks
from vitac_tui.pruning.state import (
    Batches,
    Prunable,
    StepContext,
    StepReport,
    StepResult,
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
    """Prune `state` in place by one step; its amount must be a number, not a sweep.

    Channel pruning replaces parameters: build a new optimiser afterwards.

    Args:
        state: the network on `device`, and its masks.
        step: settings; `step.implementation` names the function that does it.
        keep_masks: count amounts from the weights that are not masked yet, instead of from all
            weights. The masks of all steps are held during recovery in both cases.
        image_size: height and width of an image, in pixels.
        seed: of random importance; the global generators are unchanged.
        batches: gives training batches (images, output indices), for steps that use images.
        device: the network's device.
        interrupter: checked during steps that take long.

    Raises:
        UserError: the step does not fit the network; `check.check_steps` finds that before a run.
        Interrupted: by `interrupter`; the network is then unchanged.
    """
    context = StepContext(keep_masks, image_size, seed, batches, torch.device(device), interrupter)
    before = nonzero_weights(state.model)
    result: StepResult = implementation(step.implementation)(state, step, context)
    apply_masks(state)
    gone = before - nonzero_weights(state.model)
    return StepReport(
        method=step.method,
        kind=step.kind,
        requested=step.requested,
        removed=gone / state.dense_weights,
        of_left=gone / before if before else 0.0,
        detail=result.detail,
        note="; ".join(filter(None, (result.note, _surprise(step, result, gone)))),
    )


def _surprise(step: Step, result: StepResult, gone: int) -> str:
    """Return a warning if a step missed its amount by 0.02 or a factor of two, or did nothing."""
    if not gone:
        return "removed nothing"
    amount, taken = step.requested, result.taken
    if (
        not isinstance(amount, float)
        or not amount
        or (abs(taken - amount) <= 0.02 and amount / 2 <= taken <= amount * 2)
    ):
        return ""
    why = f", since {result.rounding}" if result.rounding else ""
    return f"removed {taken:.2%} instead of {amount:.2%}{why}"
