"""The preset that prunes the trained model of a run, as the Prune screen writes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment import presets
from vitac_tui.experiment.settings import NAME, Experiment, plain

# Settings of the run that its pruned models keep. Dataset and model are inherited by `from_run`.
TAKEN_OVER = ("seed", "seeds", "device", "precision", "train", "evaluate", "select")
MAIN = "main"
Variant = dict[str, Any]  # name, keep_masks, prune: as in a preset's [[variant]] tables


def preset(run: str, source: Experiment, variants: Sequence[Variant]) -> dict[str, Any]:
    """Return preset data that prunes the model of a run in the given ways.

    Args:
        run: path of the run.
        source: the experiment of the run, whose settings are kept.
        variants: `[[variant]]` tables. A single one called `main` that does not keep masks is
            written as `[[prune]]`.
    """
    data = source.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, include=set(TAKEN_OVER)
    )
    data.get("train", {}).pop("epochs", None)
    alone = len(variants) == 1 and variants[0]["name"] == MAIN
    alone = alone and not variants[0].get("keep_masks", False)
    return {
        "name": _name(source.name),
        "from_run": run,
        **{key: value for key, value in data.items() if value != {}},
        **({"prune": variants[0]["prune"]} if alone else {"variant": list(variants)}),
    }


def resolve(run: str, source: Experiment, variants: Sequence[Variant]) -> Experiment:
    """Return the experiment of `preset`.

    Raises:
        UserError: a setting of a step is wrong; `where` is the variant, the step and the setting.
    """
    data = preset(run, source, variants)
    try:
        return presets.resolve(data, where="", find_run=lambda _: (run, plain(source)))
    except UserError as problem:
        raise UserError(
            problem.what, where=_place(problem.where, variants), remedy=problem.remedy
        ) from None


def _name(of: str) -> str:
    name = of if of.endswith("-prune") else f"{of}-prune"
    return name if NAME.fullmatch(name) else of


def _place(where: str, variants: Sequence[Variant]) -> str:
    """Return `step 2: amount` for `: prune.1.amount`; of several variants, name the variant."""
    found = re.search(r"(?:variant\.(\d+)\.)?prune\.(\d+)\.?(.*)", where)
    if found is None:
        return where.removeprefix(": ")
    name = str(variants[int(found[1])]["name"]) if found[1] else MAIN
    step = f"step {int(found[2]) + 1}"
    parts = ([name] if len(variants) > 1 else []) + [step] + ([found[3]] if found[3] else [])
    return ": ".join(parts)
