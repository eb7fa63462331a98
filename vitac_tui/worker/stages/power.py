"""Warn before training if the groups cannot rule out the maximum allowed drop."""

from __future__ import annotations

from vitac_tui.data.table import TITLE, SampleTable
from vitac_tui.errors import counted
from vitac_tui.evaluation.groups import group_numbers
from vitac_tui.experiment.prune import sweep_of
from vitac_tui.experiment.settings import Experiment
from vitac_tui.statistics.power import groups_for_limit, smallest_provable_limit


def power_note(experiment: Experiment, table: SampleTable, split: str) -> str:
    """Return a note if no result could rule out a drop of more than `select.max_drop`; else "".

    Args:
        experiment: whose sweeps select an amount.
        table: the sample table.
        split: on which amounts are selected.
    """
    limit = experiment.select.max_drop
    if not limit or not any(sweep_of(variant.prune) for variant in experiment.variants):
        return ""
    rows = table.rows(split)
    numbers = group_numbers([table.samples[row].group for row in rows])
    count = len(rows) if numbers is None else int(numbers.max()) + 1
    if not count or smallest_provable_limit(count) <= limit:
        return ""
    unit = "image" if numbers is None else "group"
    return (
        f"{counted(count, f'{TITLE[split]} {unit}')}: whatever the results, a drop of less than "
        f"{100 * smallest_provable_limit(count):.1f} percentage points cannot be ruled out; "
        f"select.max_drop = {limit:g} needs at least {groups_for_limit(limit):,} {unit}s"
    )
