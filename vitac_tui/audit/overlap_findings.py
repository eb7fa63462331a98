"""Findings about what two splits have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vitac_tui.audit.finding import Finding, Kind
from vitac_tui.audit.inputs import AuditInputs
from vitac_tui.audit.near_duplicates import NEAR, NearDuplicates
from vitac_tui.audit.overlaps import contents, groups, neighbours, paths, rows_shared
from vitac_tui.data.table import TITLE, SampleTable
from vitac_tui.errors import counted
from vitac_tui.runs.grades import Grade

_REMOVE = "Remove from one side what is in both"


@dataclass(frozen=True)
class _Pair:
    """Two splits of a dataset: images of `split` are compared with those of `other`."""

    table: SampleTable
    inputs: AuditInputs
    split: str
    other: str

    @property
    def size(self) -> int:
        """Number of images of `split`."""
        return len(self.table.rows(self.split))

    @property
    def noun(self) -> str:
        return f"{TITLE[self.split]} image"

    @property
    def others(self) -> str:
        return f"{TITLE[self.other]} images"

    @property
    def consequence(self) -> str:
        """What an overlap of validation and test means; "" if `other` is the training split."""
        trains = self.other == "train"
        return "" if trains else ", so what is chosen on validation is chosen on test"

    @property
    def near(self) -> NearDuplicates | None:
        return self.inputs.near(self.split, self.other)

    def names(self, rows: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.table.samples[row].path for row in rows)

    def pairs(self, rows: Iterable[tuple[int, int]]) -> tuple[str, ...]:
        return tuple(" and ".join(self.names(pair)) for pair in rows)


def overlap_findings(
    table: SampleTable, inputs: AuditInputs, split: str, other: str
) -> Iterator[Finding]:
    """Yield what images of `split` have in common with images of `other`."""
    pair = _Pair(table, inputs, split, other)
    yield from _copies(pair)
    yield from _near_duplicates(pair)
    yield from _shared_groups(pair)
    yield from _neighbouring_frames(pair)


def _copies(pair: _Pair) -> Iterator[Finding]:
    """Yield findings about equal paths, bytes and pixels, each image in the first that applies."""
    checks = [(Kind.SAME_FILE, paths(pair.table), f"also listed for {TITLE[pair.other]}")]
    for kind, what, hashes in (
        (Kind.SAME_BYTES, "bytes", pair.inputs.hashes),
        (Kind.SAME_PIXELS, "pixels", pair.inputs.pixels),
    ):
        if hashes:
            checks.append((kind, contents(hashes), f"with the same {what} as {pair.others}"))
    seen: set[int] = set()
    for kind, keys, text in checks:
        rows = sorted(set(rows_shared(pair.table, keys, pair.split, pair.other)) - seen)
        if rows:
            yield Finding(
                kind,
                Grade.LEAK,
                f"{counted(len(rows), pair.noun)} {text}",
                pair.split,
                pair.other,
                len(rows),
                pair.size,
                _REMOVE,
                pair.names(rows),
                pair.consequence,
            )
        seen |= set(rows)


def _near_duplicates(pair: _Pair) -> Iterator[Finding]:
    near = pair.near
    if near is None or (near.judgement == "clean" and not near.pairs):
        return
    if near.judgement == "clean" and pair.other != "train":
        return
    grade, count, text, detail = _assessed(pair, near)
    yield Finding(
        Kind.NEAR_DUPLICATES,
        grade,
        text,
        pair.split,
        pair.other,
        count,
        near.images,
        "Compare them by eye" if grade is Grade.NOTE else pair.inputs.split_remedy,
        pair.pairs(near.pairs),
        f"{detail}{pair.consequence}",
    )


def _assessed(pair: _Pair, near: NearDuplicates) -> tuple[Grade, int, str, str]:
    """Return grade, number of images, text and detail for the near-duplicates of two splits."""
    sample = f" (a random sample of {near.of})" if near.sampled else ""
    of = f"of {counted(near.images, pair.noun)}{sample}"
    medians = f"; {_best_match(near)}"
    if near.judgement == "leak":
        alone = "; with a single class, fixed markers may be the cause" if near.one_class else ""
        text = f"{near.count} {of} have a near-duplicate among {pair.others}"
        return Grade.LEAK, near.count, text, f"{medians}{alone}"
    if near.judgement == "inconclusive":
        count = round((near.near + near.unclear) * near.images)
        text = f"{count} {of} match {pair.others} of their class, with a correlation above {NEAR}"
        control = ", but match other classes almost as well, as fixed markers would make them"
        return Grade.INCONCLUSIVE, count, text, f"{control}{medians}"
    classes = Counter(pair.table.samples[row].class_name for row, _ in near.pairs)
    (name, most), *_ = classes.most_common()
    text = f"{near.count} {of} may be near-duplicates of {pair.others}, {most} of class {name}"
    return Grade.NOTE, near.count, text, "; regular textures match too"


def _shared_groups(pair: _Pair) -> Iterator[Finding]:
    rows = rows_shared(pair.table, groups(pair.table), pair.split, pair.other)
    if not rows:
        return
    sources = {(pair.table.samples[row].label, pair.table.samples[row].group) for row in rows}
    # The baselines are trained on training images, so they say nothing about validation and test.
    baselines = pair.inputs.baselines(pair.split) if pair.other == "train" else None
    solved = baselines is not None and baselines.solves
    contain = "contains" if len(sources) == 1 else "contain"
    leak = ", and a baseline without learning recognises them" if solved else ""
    yield Finding(
        Kind.SHARED_GROUPS,
        Grade.LEAK if solved else Grade.SHARED_SOURCES,
        f"{len(rows)} of {counted(pair.size, pair.noun)} are in "
        f"{counted(len(sources), 'group')} that also {contain} {pair.others}",
        pair.split,
        pair.other,
        len(rows),
        pair.size,
        pair.inputs.split_remedy,
        tuple(sorted({group for _, group in sources})),
        f"{leak}{_searched(pair)}{pair.consequence}",
    )


def _neighbouring_frames(pair: _Pair) -> Iterator[Finding]:
    near = neighbours(pair.table, pair.split, pair.other)
    if near:
        yield Finding(
            Kind.NEIGHBOURING_FRAMES,
            Grade.NEIGHBOURS,
            f"{counted(len(near), pair.noun)} with frame numbers next to {pair.others} of the same "
            "recording",
            pair.split,
            pair.other,
            len(near),
            pair.size,
            pair.inputs.split_remedy,
            pair.pairs(near.items()),
            f"{_searched(pair)}{pair.consequence}",
        )


def _searched(pair: _Pair) -> str:
    """Say how many near-duplicates were found, in a finding about what may cause them."""
    if pair.near is None:
        return "; near-duplicates were not searched"
    return f"; near-duplicates: {near_duplicates_found(pair.near)}"


def near_duplicates_found(near: NearDuplicates) -> str:
    """Return how many near-duplicates were found, such as `0 of 9 (best match: median 0.31)`."""
    alone = ", all in one class" if near.pairs and not near.near_spread else ""
    medians = f" ({_best_match(near)})" if near.median_same is not None else ""
    return f"{near.count} of {near.images}{alone}{medians}"


def _best_match(near: NearDuplicates) -> str:
    """Return the median correlations of the best matches within and outside the class."""
    others = "" if near.median_other is None else f", other classes {near.median_other:.2f}"
    return f"best match: median {near.median_same:.2f}{others}"
