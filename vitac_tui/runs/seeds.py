"""Mean and standard deviation over the seeds of an experiment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import mean, stdev

from vitac_tui.runs.rows import ModelRow, ScoresRow, SeedScores, SeedsRow, SelectedRow, Spread


def over_seeds(models: Iterable[ModelRow], selected: Iterable[SelectedRow]) -> tuple[SeedsRow, ...]:
    """A row for every model that at least two seeds have, in their order.

    A variant that sweeps amounts has one more, `<variant> (chosen)`: its chosen models, whatever
    the amount, since seeds need not agree on it. `spread` is the standard deviation of a sample.

    Args:
        models: `models` of results.json.
        selected: `selected` of results.json.
    """
    chosen = {choice["row"] for choice in selected if choice["what"] == "amount"}
    rows: dict[str, list[ModelRow]] = defaultdict(list)
    final: dict[str, list[ModelRow]] = defaultdict(list)
    for row in models:
        rows[row["id"].removeprefix(f"seed{row['seed']}-")].append(row)
        if row["id"] in chosen:
            final[f"{row['variant']} (chosen)"].append(row)
    return tuple(
        {
            "model": name,
            "seeds": [row["seed"] for row in of],
            "eval": _figures([row["eval"] for row in of]),
            "test": _figures([row["test"] for row in of if row["test"]]),
        }
        for name, of in [*rows.items(), *final.items()]
        if len(of) > 1
    )


def _figures(scores: Sequence[ScoresRow]) -> SeedScores | None:
    """Mean and spread of the scores of one split; None where fewer than two seeds have them.

    None, too, where the scoring of one stopped early: the mean of the others, which lost less,
    would flatter.
    """
    if len(scores) < 2 or any(each.get("stopped") for each in scores):
        return None
    against = [found for each in scores if (found := each.get("against_dense"))]
    return {
        "top1": _spread([each["top1"] for each in scores]),
        "loss": _spread([each["loss"] for each in scores]),
        "difference": _spread([found["difference"] for found in against]),
    }


def _spread(values: Iterable[float | None]) -> Spread | None:
    finite = [value for value in values if value is not None]
    if len(finite) < 2:
        return None
    try:
        return {"mean": mean(finite), "spread": stdev(finite)}
    except OverflowError:  # no log of ours, but it must not keep a reader from the rest
        return None
