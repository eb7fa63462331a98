"""One line on whether the figures of a split can be believed."""

from __future__ import annotations

from vitac_tui.data.evidence import NAMES_ALONE, REMOVE, Evidence, judged, near_found, percent
from vitac_tui.data.overlaps import contents, groups, groups_known, neighbours, paths, rows_shared
from vitac_tui.data.probes import SOLVED
from vitac_tui.data.sessions import confounded
from vitac_tui.data.table import TITLE, SampleTable
from vitac_tui.errors import counted


def verdict(table: SampleTable, evidence: Evidence = NAMES_ALONE) -> str:
    """One line: what of the held-out images was found in the training images, gravest first.

    "clean" is said only where groups are known, near copies were searched, and nothing was found
    in validation either.
    """
    held = "test" if table.rows("test") else "val"
    if not table.rows(held):
        return "nothing to compare: there are neither test nor validation images"
    if not table.rows("train"):
        return f"nothing to compare: there are no training images, only {TITLE[held]}"
    said = (
        _overlap(table, evidence, held)
        or (_overlap(table, evidence, "val") if table.rows("val") else "")
        or _confounded(table)
        or _nothing_found(table, evidence, held)
    )
    probes = evidence.probes(held)
    if probes is None:
        return said
    return (
        f"{said}; a memoriser would score {percent(probes.memoriser)}, a colour meter "
        f"{percent(probes.colour)}"
    )


def _overlap(table: SampleTable, evidence: Evidence, held: str) -> str:
    """The gravest overlap of a held-out split with train, "" where none was found."""
    noun = f"{TITLE[held]} image"
    near = evidence.near(held)
    listed = len(rows_shared(table, paths(table), "train", held))
    if listed:
        return f"leak: {counted(listed, noun)} also listed for training; {REMOVE}"
    for what, hashes in (("bytes", evidence.hashes), ("pixels", evidence.pixels)):
        copies = len(rows_shared(table, contents(hashes), "train", held)) if hashes else 0
        if copies:
            return (
                f"leak: {counted(copies, noun)} with the same {what} as training images; {REMOVE}"
            )
    if near and near.judgement != "clean":
        return f"{judged(near, held)}; {evidence.apart}"
    flatter = f"near copies would flatter the {TITLE[held]}"
    searched = f"near copies: {near_found(near)}" if near else flatter
    shared = rows_shared(table, groups(table), "train", held)
    if shared:
        sources = {(table.samples[row].label, table.samples[row].group) for row in shared}
        leak = "leak through " if _solved(evidence, held) else ""
        return (
            f"{leak}shared sources: {len(shared)} of {counted(len(table.rows(held)), noun)} from "
            f"{counted(len(sources), 'group')} that training images come from; {searched}; "
            f"{evidence.apart}"
        )
    beside = len(neighbours(table, "train", held))
    if beside:
        return (
            f"neighbours: {counted(beside, noun)} with frame numbers next to training images of "
            f"the same series; {searched}; {evidence.apart}"
        )
    return ""


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
