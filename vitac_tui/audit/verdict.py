"""One line on whether the figures of a split can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from vitac_tui.audit.evidence import NAMES_ALONE, REMOVE, Evidence, judged, near_found, percent
from vitac_tui.audit.overlaps import contents, groups, groups_known, neighbours, paths, rows_shared
from vitac_tui.audit.probes import SOLVED
from vitac_tui.audit.sessions import confounded
from vitac_tui.data.table import TITLE, SampleTable
from vitac_tui.errors import counted

#: How findings begin, gravest first: copies, copies that fixed markers may feign, and so on.
_GRAVEST = ("leak:", "leak,", "leak through", "inconclusive", "shared sources", "neighbours")


def verdict(table: SampleTable, evidence: Evidence = NAMES_ALONE) -> str:
    """One line: what of the held-out images was found in the training images, gravest first.

    What test and validation share counts too, since what is chosen on validation is then chosen on
    test. "clean" is said only where groups are known, near copies were searched, and nothing was
    found between any two splits.
    """
    held = "test" if table.rows("test") else "val"
    if not table.rows(held):
        return "nothing to compare: there are neither test nor validation images"
    found = _gravest(table, evidence)
    if not table.rows("train") and not found:
        return f"nothing to compare: there are no training images, only {TITLE[held]}"
    said = found or _confounded(table) or _nothing_found(table, evidence, held)
    probes = evidence.probes(held)
    if probes is None:
        return said
    return (
        f"{said}; a memoriser would score {percent(probes.memoriser)}, a colour meter "
        f"{percent(probes.colour)}"
    )


def _gravest(table: SampleTable, evidence: Evidence) -> str:
    """The gravest overlap of two splits, "" where none was found; of equals, that of test."""
    pairs = (("train", "test"), ("train", "val"), ("val", "test"))
    found = [text for pair in pairs for text in _overlaps(table, evidence, *pair)]
    return min(found, key=_rank, default="")


def _rank(finding: str) -> int:
    return next(rank for rank, word in enumerate(_GRAVEST) if finding.startswith(word))


def _overlaps(table: SampleTable, evidence: Evidence, first: str, second: str) -> Iterator[str]:
    """What a split has in common with an earlier one, each finding as a verdict of its own."""
    noun = f"{TITLE[second]} image"
    theirs = f"{TITLE[first]} images"
    trains = first == "train"
    near = evidence.near(second) if trains else evidence.chosen_by
    chosen = "" if trains else "what is chosen there is chosen on test; "
    listed = len(rows_shared(table, paths(table), first, second))
    if listed:
        yield f"leak: {counted(listed, noun)} also listed for {TITLE[first]}; {chosen}{REMOVE}"
    for what, hashes in (("bytes", evidence.hashes), ("pixels", evidence.pixels)):
        copies = len(rows_shared(table, contents(hashes), first, second)) if hashes else 0
        if copies:
            yield (
                f"leak: {counted(copies, noun)} with the same {what} as {theirs}; {chosen}{REMOVE}"
            )
    if near and near.judgement != "clean":
        yield f"{judged(near, second, first)}; {chosen}{evidence.apart}"
    flatter = f"near copies would flatter the {TITLE[second]}"
    searched = f"near copies: {near_found(near)}" if near else flatter
    shared = rows_shared(table, groups(table), first, second)
    if shared:
        sources = {(table.samples[row].label, table.samples[row].group) for row in shared}
        # Trivial classifiers learn from training images: they say nothing of the other pair.
        leak = "leak through " if trains and _solved(evidence, second) else ""
        yield (
            f"{leak}shared sources: {len(shared)} of {counted(len(table.rows(second)), noun)} from "
            f"{counted(len(sources), 'group')} that {theirs} come from; {searched}; "
            f"{chosen}{evidence.apart}"
        )
    beside = len(neighbours(table, first, second))
    if beside:
        yield (
            f"neighbours: {counted(beside, noun)} with frame numbers next to {theirs} of "
            f"the same series; {searched}; {chosen}{evidence.apart}"
        )


def _solved(evidence: Evidence, held: str) -> bool:
    """Whether a trivial classifier does on a split what a network would be praised for."""
    probes = evidence.probes(held)
    return probes is not None and max(probes.memoriser, probes.colour) >= SOLVED


def _confounded(table: SampleTable) -> str:
    """Said first where it is so for all classes, since then no split can help."""
    alone = confounded(table)
    if alone is None or len(alone.classes) < alone.of:
        return ""
    return f"confounded: {alone}, so that nothing tells the two apart; record each in several"


def _nothing_found(table: SampleTable, evidence: Evidence, held: str) -> str:
    known = groups_known(table)
    near = evidence.near(held)
    compared = ["paths"]
    compared += ["bytes"] if evidence.hashes is not None and all(evidence.hashes) else []
    compared += ["pixels"] if evidence.pixels else []
    compared += ["groups"] if known else []
    compared += ["frame numbers"] if any(sample.frame >= 0 for sample in table.samples) else []
    said = [f"no overlap found between train and {held} in {', '.join(compared)}"]
    said += [] if known else ["groups are unknown"]
    said += [f"near copies: {near_found(near)}" if near else "near copies were not searched"]
    text = "; ".join(said)
    if _solved(evidence, held):
        why = "a trivial classifier solves it" + ("" if known else ", as shared sources let it")
        return f"doubtful, since {why}: {text}"
    return f"clean: {text}" if known and near else text
