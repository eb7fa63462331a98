"""Dividing samples into train, validation and test."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from vitac_tui.data.table import SPLITS, Sample
from vitac_tui.errors import UserError, counted, one_line
from vitac_tui.experiment.dataset import Split

_Group = list[int]  # rows of one group


def assign(
    samples: Sequence[Sample], split: Split, *, explicit: bool
) -> tuple[list[Sample], list[str]]:
    """Give every sample its split; whole groups stay together, class by class.

    A group belongs to a class: where classes share a group's name, each has its own part. Within a
    class, groups are drawn in an order that depends on the seed, the class and the groups' names
    only (not on the file system, nor on other classes); then, larger groups first, each goes to
    the split that is furthest below its share of images, and every split with a share gets one at
    least.

    Args:
        samples: any order; it is kept.
        split: shares, seed, and whether to divide by group or by image.
        explicit: the samples' own split stands. Only validation, where no sample has it, is taken
            from train, as the share `split.val` of each class's training images.

    Returns:
        The samples with their split, and warnings.

    Raises:
        UserError: a class has fewer groups (or images) than there are splits with a share, or
            validation is asked for and nothing trains.
    """
    if explicit:
        if split.val == 0 or any(sample.split == "val" for sample in samples):
            return list(samples), []
        rows = [row for row, sample in enumerate(samples) if sample.split == "train"]
        if not rows:
            raise UserError(
                "there are no training images to take validation from",
                where="dataset.split",
                remedy="name a training list, or set dataset.split.val = 0 to test only",
            )
        shares = {"train": 1 - split.val, "val": split.val}
    else:
        rows = list(range(len(samples)))
        shares = {"train": 1 - split.test - split.val, "val": split.val, "test": split.test}
    shares = {name: share for name, share in shares.items() if share > 0}
    by_class = _groups_by_class(samples, rows, by_image=split.by == "image")
    _require_enough(by_class, samples, shares, split)
    chosen: dict[int, str] = {}
    for label, groups in by_class.items():
        rng = np.random.default_rng([split.seed, label])
        order = [groups[name] for name in sorted(groups)]
        drawn = [order[position] for position in rng.permutation(len(order))]
        chosen.update(_divide(drawn, shares))
    assigned = [
        replace(sample, split=chosen[row]) if row in chosen else sample
        for row, sample in enumerate(samples)
    ]
    return assigned, _far_from_asked(Counter(chosen.values()), shares)


def assign_from(
    samples: Iterable[Sample], split_of: Mapping[str, Collection[str]]
) -> tuple[list[Sample], list[str]]:
    """Give every sample the split that it had in an earlier run.

    Images that were not part of that run (new, or unreadable then) are left out.

    Args:
        samples: the dataset's samples now.
        split_of: splits by path, from that run's `samples.csv`; several where lists overlapped.

    Raises:
        UserError: no image was part of that run.
    """
    known = {sample.path: sample for sample in samples}
    unknown = sorted(known.keys() - split_of.keys())
    assigned = [
        replace(sample, split=split)
        for path, sample in known.items()
        for split in sorted(split_of.get(path, ()))
    ]
    if not assigned:
        raise UserError(
            f"no image was part of that run, such as {unknown[0]!r}",
            where="dataset.split.from",
            remedy="name a run on this dataset, or make a new split by dropping `from`",
        )
    warnings = []
    if unknown:
        warnings.append(
            one_line(
                f"left out, not part of that run: "
                f"{counted(len(unknown), 'image')}, such as {unknown[0]}"
            )
        )
    lost = sorted(split_of.keys() - known.keys())
    if lost:
        warnings.append(
            one_line(
                f"no longer there, of that run's "
                f"{counted(len(split_of), 'image')}: {len(lost)}, such as {lost[0]}"
            )
        )
    return assigned, warnings


def _groups_by_class(
    samples: Sequence[Sample], rows: Iterable[int], *, by_image: bool
) -> dict[int, dict[str, _Group]]:
    by_class: dict[int, dict[str, _Group]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        sample = samples[row]
        name = sample.path if by_image or not sample.group else sample.group
        by_class[sample.label][name].append(row)
    return dict(sorted(by_class.items()))


def _require_enough(
    by_class: Mapping[int, Mapping[str, _Group]],
    samples: Sequence[Sample],
    shares: Mapping[str, float],
    split: Split,
) -> None:
    short = {label: groups for label, groups in by_class.items() if len(groups) < len(shares)}
    if not short:
        return
    groups = next(iter(short.values()))
    name = samples[next(iter(groups.values()))[0]].class_name
    unit = "images" if split.by == "image" else "groups"
    have = f"1 {unit[:-1]}" if len(groups) == 1 else f"{len(groups)} {unit}"
    if unit == "groups":
        have += f" ({', '.join(sorted(groups))})"
    others = f" ({len(short) - 1} more classes lack some too)" if len(short) > 1 else ""
    remedies = [f"dataset.split.{key} = 0" for key in ("val", "test") if key in shares]
    if unit == "groups":
        remedies += ["a finer dataset.group", 'dataset.split.by = "image" (and risk a leak)']
    raise UserError(
        f"class {name!r} has {have} for {len(shares)} splits ({', '.join(shares)}){others}",
        where="dataset.split",
        remedy=f"add images, or set {', or '.join(remedies)}",
    )


def _far_from_asked(images: Mapping[str, int], shares: Mapping[str, float]) -> list[str]:
    """A warning for each split that large groups have made less than half or more than twice."""
    total = sum(images.values())
    return [
        f"{name} has {images[name] / total:.0%} of the images where {share:.0%} were asked for: "
        "groups are few or large"
        for name, share in shares.items()
        if not share / 2 <= images[name] / total <= share * 2
    ]


def _divide(groups: Sequence[_Group], shares: Mapping[str, float]) -> dict[int, str]:
    """Rows to splits. `groups` come in drawn order; larger ones are placed first."""
    total = sum(len(group) for group in groups)
    missing = {name: shares[name] * total for name in SPLITS if name in shares}
    empty = set(missing)
    chosen: dict[int, str] = {}
    placed_first = sorted(groups, key=len, reverse=True)  # stable: equal sizes stay as drawn
    for position, group in enumerate(placed_first):
        left = len(groups) - position
        open_ = [name for name in missing if name in empty] if left <= len(empty) else list(missing)
        # Rounded, or a tie in training's favour could be lost to the last bit of 1 - test - val.
        name = max(open_, key=lambda name: round(missing[name], 6))  # ties: train, val, test
        empty.discard(name)
        missing[name] -= len(group)
        for row in group:
            chosen[row] = name
    return chosen
