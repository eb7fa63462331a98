"""What makes a dataset's figures doubtful: one line a finding, with what to do, and a verdict."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from vitac_tui.data.compare import Compared
from vitac_tui.data.near_copies import NEAR, NearCopies
from vitac_tui.data.overlaps import (
    contents,
    groups,
    groups_known,
    neighbours,
    paths,
    rows_shared,
)
from vitac_tui.data.probes import SOLVED, Probes
from vitac_tui.data.structure import structure_warnings
from vitac_tui.data.table import SPLITS, TITLE, SampleTable
from vitac_tui.errors import one_line, some

_REMOVE = "remove from one side"


@dataclass(frozen=True)
class Evidence:
    """What is known of a table beside its names.

    Attributes:
        hashes: content hash of each sample ("" = unknown); None when no file was read yet.
        compared: what comparing the decoded images gave; None when they were not compared.
        apart: what the user can do to get groups onto one side.
    """

    hashes: Sequence[str] | None = None
    compared: Compared | None = None
    apart: str = "split by group"

    @property
    def pixels(self) -> Sequence[str] | None:
        """Hash of each sample's decoded pixels."""
        return self.compared.pixels if self.compared else None

    def near(self, split: str) -> NearCopies | None:
        """The near copies found in a held-out split, None where they were not searched."""
        return self.compared.near.get(split) if self.compared else None

    def probes(self, split: str) -> Probes | None:
        """What trivial classifiers score on it."""
        return self.compared.probes.get(split) if self.compared else None


NAMES_ALONE = Evidence()


def warnings_of(table: SampleTable, evidence: Evidence = NAMES_ALONE) -> tuple[str, ...]:
    """Findings, one line each; without `table.warnings`, which came from reading."""
    found = [*structure_warnings(table)]
    for first, second in combinations(SPLITS, 2):
        found += _overlap(table, evidence, first, second)
    for split in SPLITS:
        found += _near_copies(table, evidence, split)
        found += _solved(evidence.probes(split), split)
    found += _contradictions(table, evidence)
    return tuple(one_line(text) for text in found)


def verdict(table: SampleTable, evidence: Evidence = NAMES_ALONE) -> str:
    """One line: what of the held-out images was found in the training images."""
    held = "test" if table.rows("test") else "val"
    if not table.rows(held):
        return "nothing to compare: there are neither test nor validation images"
    if not table.rows("train"):
        return f"nothing to compare: there are no training images, only {TITLE[held]}"
    found = _overlap_verdict(table, evidence, held) or _nothing_found(table, evidence, held)
    probes = evidence.probes(held)
    if probes is None:
        return found
    return (
        f"{found}; a memoriser would score {_percent(probes.memoriser)}, a colour meter "
        f"{_percent(probes.colour)}"
    )


def fingerprint(table: SampleTable, hashes: Sequence[str]) -> str:
    """32 hex digits that change with any sample's path, class, split or content."""
    lines = sorted(
        f"{sample.path}\0{sample.label}\0{sample.split}\0{content}"
        for sample, content in zip(table.samples, hashes, strict=True)
    )
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _overlap_verdict(table: SampleTable, evidence: Evidence, held: str) -> str:
    """The gravest overlap of the held-out split with train, "" where none was found."""
    noun = f"{TITLE[held]} image"
    near = evidence.near(held)
    listed = len(rows_shared(table, paths(table), "train", held))
    if listed:
        return f"leak: {_number(listed, noun)} also listed for training; {_REMOVE}"
    for what, hashes in (("bytes", evidence.hashes), ("pixels", evidence.pixels)):
        copies = len(rows_shared(table, contents(hashes), "train", held)) if hashes else 0
        if copies:
            return (
                f"leak: {_number(copies, noun)} with the same {what} as training images; {_REMOVE}"
            )
    if near and near.judgement != "clean":
        return f"{_judged(near, noun)}; {evidence.apart}"
    flatter = f"near copies would flatter the {TITLE[held]}"
    searched = f"near copies: {_found(near)}" if near else flatter
    shared = rows_shared(table, groups(table), "train", held)
    if shared:
        sources = {(table.samples[row].label, table.samples[row].group) for row in shared}
        return (
            f"shared sources: {len(shared)} of {_number(len(table.rows(held)), noun)} from "
            f"{_number(len(sources), 'group')} that training images come from; {searched}"
        )
    beside = len(neighbours(table, "train", held))
    if beside:
        return (
            f"neighbours: {_number(beside, noun)} with frame numbers next to training images of "
            f"the same series; {searched}"
        )
    return ""


def _nothing_found(table: SampleTable, evidence: Evidence, held: str) -> str:
    known = groups_known(table)
    near = evidence.near(held)
    compared = ["paths"]
    compared += ["bytes"] if evidence.hashes is not None and all(evidence.hashes) else []
    compared += ["pixels"] if evidence.pixels else []
    compared += ["groups"] if known else []
    compared += ["frame numbers"] if any(sample.frame >= 0 for sample in table.samples) else []
    clean = "clean: " if near else ""
    said = [f"{clean}no overlap found between train and {held} in {', '.join(compared)}"]
    said += [] if known else ["groups are unknown"]
    said += [f"near copies: {_found(near)}" if near else "near copies were not searched"]
    return "; ".join(said)


def _found(near: NearCopies) -> str:
    return f"{round(near.near * near.images)} of {near.images}{_best(near)}"


def _best(near: NearCopies) -> str:
    """The medians of the best matches, in brackets."""
    if near.median_same is None:
        return ""
    others = "" if near.median_other is None else f", other classes {near.median_other:.2f}"
    return f" (best match: median {near.median_same:.2f}{others})"


def _judged(near: NearCopies, noun: str) -> str:
    """A leak, or a doubt, and what it consists in."""
    of = f"of {near.images} {noun}s{f' drawn from {near.of}' if near.sampled else ''}"
    if near.judgement == "leak":
        doubt = ", fixed markers not excluded" if near.one_class else ""
        return (
            f"leak{doubt}: {round(near.near * near.images)} {of} have a near copy among training "
            f"images{_best(near)}"
        )
    return (
        f"inconclusive: {round((near.near + near.unclear) * near.images)} {of} match training "
        f"images of their class above {NEAR}, but other classes match nearly as well, as fixed "
        f"markers make them{_best(near)}"
    )


def _near_copies(table: SampleTable, evidence: Evidence, split: str) -> Iterator[str]:
    near = evidence.near(split)
    if near is None or (near.judgement == "clean" and not near.pairs):
        return
    noun = f"{TITLE[split]} image"
    example = ""
    if near.pairs:
        one, other = (table.samples[row].path for row in near.pairs[0])
        example = f", such as {one} beside {other}"
    if near.judgement == "clean":
        names = Counter(table.samples[row].class_name for row, _ in near.pairs)
        (name, count), *_ = names.most_common()
        yield (
            f"{_number(len(near.pairs), noun)} of {near.images} may be near copies of training "
            f"images, {count} of class {name}{example}; compare them: regular textures match too"
        )
    else:
        yield f"{_judged(near, noun)}{example}; {evidence.apart}"


def _solved(probes: Probes | None, split: str) -> Iterator[str]:
    """Probes that score what a network would be praised for."""
    if probes is None:
        return
    if probes.memoriser >= SOLVED:
        yield (
            f"the nearest training image alone gives a top-1 of {_percent(probes.memoriser)} on "
            f"{TITLE[split]}: a network need only remember; divide by sources further apart"
        )
    if probes.colour >= SOLVED:
        yield (
            f"mean colour alone gives a top-1 of {_percent(probes.colour)} on {TITLE[split]}: a "
            "network need not see texture; divide by group or session, or try "
            'augment = "standard"'
        )


def _overlap(table: SampleTable, evidence: Evidence, first: str, second: str) -> Iterator[str]:
    sides = f"both {TITLE[first]} and {TITLE[second]}"
    noun = f"{TITLE[second]} image"
    told = set(rows_shared(table, paths(table), first, second))
    if told:
        names = some(table.samples[row].path for row in sorted(told))
        yield f"{_number(len(told), 'image')} in {sides}: {names}; {_REMOVE}"
    for what, hashes in (("bytes", evidence.hashes), ("pixels", evidence.pixels)):
        if not hashes:
            continue
        copies = set(rows_shared(table, contents(hashes), first, second)) - told
        if copies:
            yield (
                f"{_number(len(copies), noun)} with the same {what} as {TITLE[first]} images: "
                f"{some(table.samples[row].path for row in sorted(copies))}; {_REMOVE}"
            )
        told |= copies
    shared = rows_shared(table, groups(table), first, second)
    if shared:
        names = some(sorted({table.samples[row].group for row in shared}))
        count = len({table.samples[row].group for row in shared})
        yield (
            f"{_number(count, 'group')} in {sides}, with {_number(len(shared), noun)}: {names}; "
            f"{evidence.apart}"
        )
    near = neighbours(table, first, second)
    if near:
        row, other = next(iter(near.items()))
        yield (
            f"{_number(len(near), noun)} with frame numbers next to {TITLE[first]} images: "
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


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
