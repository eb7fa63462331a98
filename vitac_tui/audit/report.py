"""What a dataset holds and what makes its figures doubtful: the `dataset` of `results.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from vitac_tui.audit.compare import Progress, compare
from vitac_tui.audit.contact import no_contact
from vitac_tui.audit.evidence import Evidence
from vitac_tui.audit.findings import fingerprint, warnings_of
from vitac_tui.audit.overlaps import groups_known
from vitac_tui.audit.structure import split_counts
from vitac_tui.audit.verdict import verdict
from vitac_tui.data.table import SampleTable
from vitac_tui.experiment.dataset import DatasetSettings
from vitac_tui.experiment.settings import plain
from vitac_tui.images.cache import Decoded


def describe(
    dataset: DatasetSettings,
    whole: SampleTable,
    table: SampleTable,
    decoded: Decoded,
    notes: Sequence[str],
    *,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Search the images for what they share, and say all that is known of the dataset.

    Args:
        dataset: the settings.
        whole: all samples.
        table: those that can be read.
        decoded: their images.
        notes: warnings from before, which come first.
        progress: called with the numbers of images compared and in all; may raise to end it.
    """
    compared = compare(table, decoded.pixels, progress)
    without = no_contact(table, decoded.pixels, dataset.modality)
    evidence = Evidence(decoded.hashes, compared, without, _apart(dataset, table))
    counts = split_counts(table)
    return {
        "layout": plain(dataset)["layout"],
        "modality": dataset.modality,
        "classes": len(whole.class_ids),
        "class_names": list(whole.class_names),
        "images": {split: count["images"] for split, count in counts.items()},
        "groups": {split: count["groups"] for split, count in counts.items()},
        "corrupt": len(whole.samples) - len(table.samples),
        "fingerprint": fingerprint(table, decoded.hashes),
        "near_copies": {split: near.record() for split, near in compared.near.items()},
        "chosen_by": compared.chosen_by.record() if compared.chosen_by else None,
        "no_contact": without.record(),
        "probes": {split: probes.record() for split, probes in compared.probes.items()},
        "warnings": [*notes, *table.warnings, *warnings_of(table, evidence)],
        "verdict": verdict(table, evidence),
    }


def _apart(dataset: DatasetSettings, table: SampleTable) -> str:
    """What gets near copies onto one side: the line to paste under `[dataset]`, and what else."""
    line = f"paste `split = {_by_group(dataset, given=table.split_given)}` under [dataset]"
    if dataset.split.from_:
        return f"drop split.from and {line}"
    if table.split_given:
        return f"lists or folders divide these images: put them into one, and {line}"
    if dataset.split.by == "image" and groups_known(table):
        return line
    return f"let dataset.group name what belongs together, and {line}"


def _by_group(dataset: DatasetSettings, *, given: bool) -> str:
    """The split's settings as they are, in TOML, but by group.

    Where lists or folders divide the images, their `test` is 0 or means nothing: pasted for images
    in one list, it would leave no test set.
    """
    default = type(dataset.split)()
    kept = {
        name: getattr(dataset.split, name)
        for name in ("test", "val", "seed")
        if getattr(dataset.split, name) != getattr(default, name) and not (given and name == "test")
    }
    items = {"by": "group", **kept}
    return f"{{{', '.join(f'{name} = {json.dumps(value)}' for name, value in items.items())}}}"
