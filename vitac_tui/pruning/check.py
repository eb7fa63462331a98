"""Check before a run that its pruning steps fit its network."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import Step, at_amount, sweep_of
from vitac_tui.experiment.registries import implementation
from vitac_tui.models.build import build_meta
from vitac_tui.pruning.select import select_layers


def check_steps(
    arch: str,
    num_classes: int,
    image_size: int,
    variants: Mapping[str, tuple[Step, ...]],
    channels: int = 3,
) -> None:
    """Try every variant's steps, one after the other, on the network without its weights.

    A step that removes channels removes them here as well, a sweep at its largest amount, so that
    later steps are checked against the narrower network. Global ranking is the exception: the
    widths that it leaves depend on the weights. Takes a fraction of a second and no memory.

    Args:
        arch: name of the architecture.
        num_classes: outputs of the network.
        image_size: height and width of an image, in pixels.
        variants: the steps of each variant, by their key path in the preset.
        channels: of an image.

    Raises:
        UserError: a step does not fit, or its code cannot be imported; `where` is its setting,
            such as `variant.b.prune.1.layers`.
    """
    for key, steps in variants.items():
        model = build_meta(arch, num_classes, channels)
        for number, step in enumerate(_largest(steps)):
            try:
                implementation(step.implementation)
                implementation(step.check)(model, step, image_size)
            except UserError as problem:
                where = f"{key}.{number}.{problem.where}".rstrip(".")
                raise UserError(problem.what, where=where, remedy=problem.remedy) from None


def _largest(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    swept = sweep_of(steps)
    return steps if swept is None else at_amount(steps, max(swept.sweep))


def any_network(model: nn.Module, step: Step, image_size: int) -> None:
    """Check nothing: the step fits every network."""


def layers_exist(model: nn.Module, step: Step, image_size: int) -> None:
    """Check that each of the step's `layers` matches a layer.

    Raises:
        UserError: one of them matches no layer.
    """
    select_layers(model, step.targets, where="layers")
