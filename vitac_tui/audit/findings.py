"""What makes a dataset's figures doubtful: one line a finding, with what to do, and a verdict."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from vitac_tui.audit.contact import NoContact
from vitac_tui.audit.evidence import NAMES_ALONE, REMOVE, Evidence, judged, percent
from vitac_tui.audit.near_copies import NearCopies
from vitac_tui.audit.overlaps import contents, groups, neighbours, paths, rows_shared
from vitac_tui.audit.probes import SOLVED, Probes
from vitac_tui.audit.sessions import confounded
from vitac_tui.audit.structure import structure_warnings
from vitac_tui.data.table import SPLITS, TITLE, SampleTable
from vitac_tui.errors import counted, one_line, some


def warnings_of(table: SampleTable, evidence: Evidence = NAMES_ALONE) -> tuple[str, ...]:
    """Findings, one line each; without `table.warnings`, which came from reading."""
    found = [*structure_warnings(table)]
    alone = confounded(table)
    found += [alone.finding] if alone else []
    for first, second in combinations(SPLITS, 2):
        found += _overlap(table, evidence, first, second)
    for split in SPLITS:
        found += _near_copies(table, evidence, evidence.near(split), split)
        found += _solved(evidence.probes(split), split)
    found += _near_copies(table, evidence, evidence.chosen_by, "test", "val")
    found += _background(evidence.no_contact)
    found += _contradictions(table, evidence)
    return tuple(one_line(text) for text in found)


def fingerprint(table: SampleTable, hashes: Sequence[str]) -> str:
    """32 hex digits that change with any sample's path, class, split or content."""
    lines = sorted(
        f"{sample.path}\0{sample.label}\0{sample.split}\0{content}"
        for sample, content in zip(table.samples, hashes, strict=True)
    )
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _near_copies(
    table: SampleTable,
    evidence: Evidence,
    near: NearCopies | None,
    split: str,
    among: str = "train",
) -> Iterator[str]:
    """Near copies of one split's images among another's; what is chosen by these, in the end."""
    if near is None or (near.judgement == "clean" and not near.pairs):
        return
    noun = f"{TITLE[split]} image"
    example = ""
    if near.pairs:
        one, other = (table.samples[row].path for row in near.pairs[0])
        example = f", such as {one} beside {other}"
    if near.judgement != "clean":
        chosen = "; what is chosen on one side is chosen on the other" if among == "val" else ""
        yield f"{judged(near, split, among)}{example}{chosen}; {evidence.apart}"
    elif among == "train":
        names = Counter(table.samples[row].class_name for row, _ in near.pairs)
        (name, count), *_ = names.most_common()
        yield (
            f"{counted(len(near.pairs), noun)} of {near.images} may be near copies of training "
            f"images, {count} of class {name}{example}; compare them: regular textures match too"
        )


def _background(found: NoContact | None) -> Iterator[str]:
    """Frames without contact that tell their class."""
    if found is not None and found.tells:
        yield (
            f"{counted(found.frames, 'frame')} without contact alone give a top-1 of "
            f"{percent(found.top1)} (chance {percent(found.chance)}): light or gel tells "
            "the class; record each class under several, or take off the frame before contact"
        )


def _solved(probes: Probes | None, split: str) -> Iterator[str]:
    """Probes that score what a network would be praised for."""
    if probes is None:
        return
    if probes.memoriser >= SOLVED:
        yield (
            f"the nearest training image alone gives a top-1 of {percent(probes.memoriser)} on "
            f"{TITLE[split]}: a network need only remember; divide by sources further apart"
        )
    if probes.colour >= SOLVED:
        yield (
            f"mean colour alone gives a top-1 of {percent(probes.colour)} on {TITLE[split]}: a "
            "network need not see texture; divide by group or session, or try "
            'augment = "standard"'
        )


def _overlap(table: SampleTable, evidence: Evidence, first: str, second: str) -> Iterator[str]:
    sides = f"both {TITLE[first]} and {TITLE[second]}"
    noun = f"{TITLE[second]} image"
    told = set(rows_shared(table, paths(table), first, second))
    if told:
        names = some(table.samples[row].path for row in sorted(told))
        yield f"{counted(len(told), 'image')} in {sides}: {names}; {REMOVE}"
    for what, hashes in (("bytes", evidence.hashes), ("pixels", evidence.pixels)):
        if not hashes:
            continue
        copies = set(rows_shared(table, contents(hashes), first, second)) - told
        if copies:
            yield (
                f"{counted(len(copies), noun)} with the same {what} as {TITLE[first]} images: "
                f"{some(table.samples[row].path for row in sorted(copies))}; {REMOVE}"
            )
        told |= copies
    shared = rows_shared(table, groups(table), first, second)
    if shared:
        names = some(sorted({table.samples[row].group for row in shared}))
        count = len({table.samples[row].group for row in shared})
        yield (
            f"{counted(count, 'group')} in {sides}, with {counted(len(shared), noun)}: {names}; "
            f"{evidence.apart}"
        )
    near = neighbours(table, first, second)
    if near:
        row, other = next(iter(near.items()))
        yield (
            f"{counted(len(near), noun)} with frame numbers next to {TITLE[first]} images: "
            f"{table.samples[row].path} beside {table.samples[other].path}; {evidence.apart}"
        )


def _contradictions(table: SampleTable, evidence: Evidence) -> Iterator[str]:
    """Equal images under different classes: one of the labels is wrong."""
    for what, hashes in (("pixels", evidence.pixels), ("bytes", evidence.hashes)):
        labels: dict[str, set[int]] = defaultdict(set)
        for sample, content in zip(table.samples, hashes or (), strict=hashes is not None):
            if content:
                labels[content].add(sample.label)
        wrong = {content for content, several in labels.items() if len(several) > 1}
        if wrong and hashes is not None:
            alike = [
                sample.path
                for sample, content in zip(table.samples, hashes, strict=True)
                if content in wrong
            ]
            yield (
                f"{len(alike)} images have the same {what} under different classes: "
                f"{some(alike)}; correct the labels or remove the images"
            )
            return
