"""Classes recorded in one session each, so that class and session cannot be told apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from vitac_tui.audit.finding import Finding, Kind
from vitac_tui.audit.overlaps import groups
from vitac_tui.data.table import SampleTable
from vitac_tui.runs.grades import Grade


@dataclass(frozen=True)
class Confounded:
    """Confounded classes.

    Attributes:
        classes: their names.
        of: number of classes of the dataset.
        what: what each of them has only one of, "session" or "group".
    """

    classes: tuple[str, ...]
    of: int
    what: str


def confounded(table: SampleTable) -> Confounded | None:
    """Find classes with a single session, or group, that no other class shares.

    Sessions are used if any is known, else groups: all images of the class are then of one press,
    clip or photo. Classes with images of unknown session or group are skipped.

    Returns:
        None if there are no such classes, or only one class at all.
    """
    known = any(sample.session for sample in table.samples)
    keys: list[Hashable] = (
        [sample.session or None for sample in table.samples] if known else groups(table)
    )
    of_class: dict[int, set[Hashable]] = defaultdict(set)
    classes_of: dict[Hashable, set[int]] = defaultdict(set)
    for sample, key in zip(table.samples, keys, strict=True):
        of_class[sample.label].add(key)
        classes_of[key].add(sample.label)
    alone = tuple(
        name
        for label, name in zip(table.class_ids, table.class_names, strict=True)
        if None not in of_class[label]
        and len(of_class[label]) == 1
        and len(classes_of[next(iter(of_class[label]))]) == 1
    )
    if not alone or len(table.class_ids) < 2:
        return None
    return Confounded(alone, len(table.class_ids), "session" if known else "group")


def confounding_findings(table: SampleTable) -> Iterator[Finding]:
    """Yield a finding about confounded classes. If all are confounded, no split can help."""
    found = confounded(table)
    if found is None:
        return
    every = len(found.classes) == found.of
    what = found.what
    yield Finding(
        Kind.CONFOUNDED_CLASSES,
        Grade.CONFOUNDED if every else Grade.WARNING,
        f"{len(found.classes)} of {found.of} classes come from one {what} each, which no other "
        "class shares",
        count=len(found.classes),
        of=found.of,
        remedy=f"Record each class in several {what}s",
        examples=found.classes,
        detail=f": a network may recognise the {what} by its light, camera or gel",
    )
