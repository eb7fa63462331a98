"""Classes that were recorded in one session each, where nothing tells class and session apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

from vitac_tui.audit.overlaps import groups
from vitac_tui.data.table import SampleTable
from vitac_tui.errors import some


@dataclass(frozen=True)
class Confounded:
    """The classes, of how many, and what each of them has only one of: a session or a group."""

    classes: tuple[str, ...]
    of: int
    what: str

    def __str__(self) -> str:
        """`2 of 9 classes come from one session each (a, b)`."""
        come = "class comes" if self.of == 1 else "classes come"
        return f"{len(self.classes)} of {self.of} {come} from one {self.what} each"

    @property
    def finding(self) -> str:
        """A line with what to do."""
        return (
            f"{self}, which no other class shares ({some(self.classes)}): a network may know the "
            f"{self.what} by its light, camera or gel; record each class in several"
        )


def confounded(table: SampleTable) -> Confounded | None:
    """The confounded classes; None where there are none, or a single class.

    By sessions where any is known, else by groups: a class all of whose images are of one press,
    clip or photo. Classes of which some images have neither are passed by.
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
