"""Dividing samples into training, validation and test."""

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
    """Assign a split to every sample, class by class; the images of a group stay together.

    A group belongs to one class: if two classes have groups of the same name, these are two groups.
    Within a class, groups are shuffled in an order that depends only on the seed, the class and the
    names of its groups. Then each group, larger ones first, goes to the split that lacks most of
    its images. Every split with a share gets at least one group.

    Args:
        samples: in any order, which is kept.
        split: shares, seed, and whether to divide by group or by image.
        explicit: the samples have splits, which are kept. Only if none is validation, the share
            `split.val` of each class's training images becomes validation.

    Returns:
        The samples with their split, and warnings.

    Raises:
        UserError: a class has fewer groups (or images) than there are splits with a share, or
            validation is wanted and there are no training images.
    """
    if explicit:
        if split.val == 0 or any(sample.split == "val" for sample in samples):
            return list(samples), []
        rows = [row for row, sample in enumerate(samples) if sample.split == "train"]
        if not rows:
            raise UserError(
                "there are no training images to take validation from",
                where="dataset.split",
                remedy="name a training list, or set dataset.split.val = 0 to only test a model",
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
    """Assign the split that every sample had in an earlier run.

    Images that were not part of that run (new, or unreadable then) are left out.

    Args:
        samples: the samples of the dataset.
        split_of: splits by path, from the run's `samples.csv`; several if lists overlapped.

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
            f"none of the images was part of that run, for example {unknown[0]!r}",
            where="dataset.split.from",
            remedy="name a run on this dataset, or remove `from` to make a new split",
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
                f"missing, of the {counted(len(split_of), 'image')} of that run: "
                f"{len(lost)}, such as {lost[0]}"
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
    others = f" ({len(short) - 1} more classes have too few)" if len(short) > 1 else ""
    remedies = [f"dataset.split.{key} = 0" for key in ("val", "test") if key in shares]
    if unit == "groups":
        remedies += ["a finer dataset.group", 'dataset.split.by = "image" (which may leak)']
    raise UserError(
        f"class {name!r} has {have} for {len(shares)} splits ({', '.join(shares)}){others}",
        where="dataset.split",
        remedy=f"add images, or set {', or '.join(remedies)}",
    )


def _far_from_asked(images: Mapping[str, int], shares: Mapping[str, float]) -> list[str]:
    """Return a warning for each split with less than half or more than twice its share."""
    total = sum(images.values())
    return [
        f"{name} has {images[name] / total:.0%} of the images instead of {share:.0%}, because "
        "there are few groups or large ones"
        for name, share in shares.items()
        if not share / 2 <= images[name] / total <= share * 2
    ]


def _divide(groups: Sequence[_Group], shares: Mapping[str, float]) -> dict[int, str]:
    """Return the split of each row. `groups` are shuffled; larger ones are placed first."""
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
