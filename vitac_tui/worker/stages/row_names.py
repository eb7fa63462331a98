"""Names of rows and their model files, and the check that they are unique."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import Step, amounts, sweep_of
from vitac_tui.experiment.settings import Experiment, Variant

_RESERVED = re.compile(r"dense|resume|rate-\d+|seed\d+-.*", re.IGNORECASE)


def seed_prefix(experiment: Experiment, seed: int) -> str:
    """Return the prefix of a seed's units; "" for an experiment with one seed."""
    return f"seed/{seed}/" if experiment.seeds else ""


def row_prefix(experiment: Experiment, seed: int) -> str:
    """Return the prefix of a seed's row ids; "" for an experiment with one seed."""
    return f"seed{seed}-" if experiment.seeds else ""


def dense_row(experiment: Experiment, seed: int) -> str:
    """Return the row id of a seed's dense model."""
    return f"{row_prefix(experiment, seed)}dense"


def rate_name(experiment: Experiment, seed: int, number: int) -> str:
    """Return the name of the model trained at a learning rate, until one is selected."""
    return f"{row_prefix(experiment, seed)}rate-{number}"


def rungs(step: Step) -> tuple[str, ...]:
    """Return the rungs of a step in order: raw, bn, finetuned."""
    recover = step.recover
    return (
        "raw",
        *(("bn",) if recover.bn_batches else ()),
        *(("finetuned",) if recover.epochs else ()),
    )


def shown(steps: tuple[Step, ...], number: int) -> bool:
    """Return whether a step gets rows: the last one, and any with its own recovery."""
    return number == len(steps) - 1 or len(rungs(steps[number])) > 1


def row_id(
    experiment: Experiment,
    seed: int,
    variant: Variant,
    amount: float | None,
    step: int,
    rung: str = "",
) -> str:
    """Return `[seed1-]variant[-0.4][-step1][-bn]`; without a rung, the last rung is used."""
    rung = rung or rungs(variant.prune[step])[-1]
    parts = [variant.name]
    if amount is not None:
        parts.append(f"{amount:g}")
    if step < len(variant.prune) - 1:
        parts.append(f"step{step + 1}")
    if rung != "raw":
        parts.append(rung)
    return row_prefix(experiment, seed) + "-".join(parts)


def check_names(experiment: Experiment) -> None:
    """Check that row ids and model files are unique.

    Raises:
        UserError: a variant has a reserved name, or two rows would share an id.
    """
    owner: dict[str, Variant] = {}  # keys are case-folded, for case-insensitive file systems
    variants = experiment.variants
    for variant in variants:
        where = f"variant.{variant.name}.name"
        if _RESERVED.fullmatch(variant.name):
            raise UserError("is a reserved name", where=where, remedy="choose another")
        for name in _rows(experiment, variant):
            other = owner.setdefault(name.casefold(), variant)
            if other is not variant:
                raise UserError(
                    f"variant {other.name} would also have a row {name!r}",
                    where=where,
                    remedy="choose another name",
                )
        swept = [f"{amount:g}" for amount in amounts(variant.prune)]
        if len(set(swept)) != len(swept):
            twice = next(amount for amount in swept if swept.count(amount) > 1)
            step = next(n for n, step in enumerate(variant.prune) if amounts((step,)))
            raise UserError(
                f"two amounts would share the name {twice}",
                where=f"{experiment.steps_key(variant)}.{step}.amount",
                remedy="choose amounts further apart",
            )
    for variant in variants:
        _check_refined(experiment, variant, owner)


def _check_refined(experiment: Experiment, variant: Variant, owner: dict[str, Variant]) -> None:
    """Check all row names that a refinement could add."""
    swept = sweep_of(variant.prune)
    if swept is None or not swept.refine:
        return
    start = re.escape(variant.name.casefold())
    added = re.compile(rf"{start}-0\.[0-9]+(-step[0-9]+)?(-bn|-finetuned)?")
    for name, other in owner.items():
        if other is not variant and added.fullmatch(name):
            raise UserError(
                f"a refined amount of variant {variant.name} may also have a row {name!r}",
                where=f"variant.{other.name}.name",
                remedy="choose another name",
            )


def _rows(experiment: Experiment, variant: Variant) -> Iterator[str]:
    seed = experiment.all_seeds[0]
    for amount in amounts(variant.prune) or (None,):
        for number, step in enumerate(variant.prune):
            if shown(variant.prune, number):
                for rung in rungs(step):
                    yield row_id(experiment, seed, variant, amount, number, rung)
