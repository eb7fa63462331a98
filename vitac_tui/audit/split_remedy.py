"""What the user can do to get all images of a group into one split."""

from __future__ import annotations

import json

from vitac_tui.audit.overlaps import groups_known
from vitac_tui.data.table import SampleTable
from vitac_tui.experiment.dataset import DatasetSettings, Split


def split_remedy(dataset: DatasetSettings, table: SampleTable) -> str:
    """Return the advice, with a line for the `[dataset]` table if that has to change.

    Args:
        dataset: the settings that the dataset was read with.
        table: its samples.
    """
    split, given = dataset.split, table.split_given
    steps = []
    if given:
        steps.append("put all images into one list or folder")
    elif not split.from_ and (split.by == "group" or not groups_known(table)):
        steps.append("make dataset.group name what belongs together")
    if split.by == "image" or split.from_ or (given and split.test != Split().test):
        steps.append(_by_group(dataset, given=given))
    elif given:
        steps.append("let dataset.split divide them by group")
    text = ", and ".join(steps)
    return text[0].upper() + text[1:]


def _by_group(dataset: DatasetSettings, *, given: bool) -> str:
    """Return how to change `split` under `[dataset]`: TOML refuses a key that is set twice."""
    line = f"`{_line(dataset.split, given=given)}` under [dataset]"
    declared = "split" in dataset.model_fields_set
    return f"replace the split by {line}" if declared else f"add {line}"


def _line(split: Split, *, given: bool) -> str:
    """Return a TOML line with the settings of a split, but by group.

    If lists or folders divide the images, `test` is 0 or has no meaning. For images in one list,
    it would leave no test set, so it is left out.
    """
    default = Split()
    kept = {
        name: getattr(split, name)
        for name in ("test", "val", "seed")
        if getattr(split, name) != getattr(default, name) and not (given and name == "test")
    }
    items = [f"{name} = {json.dumps(value)}" for name, value in {"by": "group", **kept}.items()]
    return f"split = {{{', '.join(items)}}}"
