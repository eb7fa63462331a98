"""The commands `dataset check` and `dataset sample`."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

import tomli_w

from vitac_tui.audit.counts import class_counts
from vitac_tui.audit.dataset_table import changed, read_as, validated
from vitac_tui.audit.headers import sizes_and_modes
from vitac_tui.audit.modalities import OtherModality, other_modality
from vitac_tui.audit.survey import Survey, parsed, survey
from vitac_tui.data.guess import Guess, guess_layout
from vitac_tui.data.table import SPLITS
from vitac_tui.errors import UserError, counted, one_line, some
from vitac_tui.experiment.overrides import parse_override
from vitac_tui.experiment.settings import plain
from vitac_tui.images.builder import open_decoded
from vitac_tui.runs.jsontext import document, escaped
from vitac_tui.runs.numbers import share_text
from vitac_tui.sampleset import SampleSpec, render_sample

MAX_UNREADABLE = 20  # unreadable files that are listed without --json


def check(args: argparse.Namespace) -> int:
    """Report what a dataset contains and what undermines its metrics. The exit code is always 0."""
    read = _guess(args)
    # All images are decoded, however many turn out to be unreadable: the check reports them.
    lenient = read.dataset.model_copy(update={"max_corrupt": 1.0})
    decoded = open_decoded(read.table, lenient, progress=None if args.quiet else _progress)
    compared = None if args.quiet else partial(_progress, what="compared")
    found = survey(read, decoded, progress=compared)
    sizes, modes = sizes_and_modes(found.table)
    other = other_modality(args.path, read.table, read.dataset.modality)
    report: dict[str, Any] = {
        **(dict(found.report) if found.report else {}),
        "per_class": class_counts(found.table),
        "sizes": dict(sizes.most_common()),
        "modes": dict(modes.most_common()),
        "unreadable": dict(found.corrupt),
        "other_modality": other.record() if other else None,
    }
    if args.json:
        sys.stdout.write(document(report).decode())
    else:
        _print(report, found, other)
    return 0


def sample(args: argparse.Namespace) -> int:
    """Render both modalities of the sample set into a folder."""
    given = {
        name: getattr(args, name)
        for name in ("classes", "presses", "frames", "size", "seed")
        if hasattr(args, name)
    }
    render_sample(args.path, SampleSpec(**given), progress=None if args.quiet else _progress)
    print(one_line(f"rendered the sample set. Next: vitac-tui dataset check {args.path}"))
    return 0


def _guess(args: argparse.Namespace) -> Guess:
    """Read the dataset with the given settings. Without a layout, guess those that are missing."""
    given = {change.path: change.value for change in map(parse_override, args.sets)}
    for path in given:
        if path[0] != "dataset":
            raise UserError(
                "not a setting of the dataset",
                where=f"--set {'.'.join(map(str, path))}",
                remedy="use a key that begins with dataset.",
            )
    layout = args.layout or given.get(("dataset", "layout"))
    if layout:
        return read_as(validated({"root": str(args.path), "layout": layout}, args.sets))
    modality = given.get(("dataset", "modality"))
    return guess_layout(
        args.path,
        modality if modality in ("visual", "tactile") else None,
        lambda dataset: validated(plain(dataset), args.sets) if args.sets else dataset,
    )


def _print(report: dict[str, Any], found: Survey, other: OtherModality | None) -> None:
    images = ", ".join(f"{count} {split}" for split, count in report["images"].items())
    classes = counted(report["classes"], "class", "classes")
    print(f"{classes}, {report['modality']}, layout {report['layout']}: {images}")
    groups = ", ".join(f"{count} {split}" for split, count in report["groups"].items())
    print(f"  groups: {groups}; images per class: {_per_class(report['per_class'])}")
    print(one_line(f"  sizes: {_counted(report['sizes'])}; modes: {_counted(report['modes'])}"))
    if other:
        print(one_line(f"  {other.line()}"))
    if report["modality"] == "tactile":
        print(one_line(f"  frames without contact: {_no_contact(report['no_contact'])}"))
    for example in found.examples:
        print(f"  {parsed(example)}")
    unreadable = [f"{path} ({reason})" for path, reason in report["unreadable"].items()]
    for text in unreadable[:MAX_UNREADABLE]:
        print(one_line(f"unreadable: {text}"))
    if len(unreadable) > MAX_UNREADABLE:
        print(f"unreadable: {len(unreadable) - MAX_UNREADABLE} more; --json lists all")
    for warning in report["warnings"]:
        print(one_line(f"warning: {warning}"))
    print(one_line(f"verdict: {report['verdict']}"))
    print()
    print(escaped(tomli_w.dumps({"dataset": changed(found.dataset)})), end="")


def _no_contact(baseline: dict[str, Any]) -> str:
    """Return how much of the class they give away, or why that cannot be measured."""
    if not baseline["applies"]:
        return f"not applicable: {baseline['reason']}"
    frames = baseline["frames"]
    top1 = share_text(max(baseline["pixels"], baseline["colour"]), frames)
    chance = share_text(baseline["chance"], frames)
    return f"{frames}; the nearest other one gives a top-1 of {top1} (chance {chance})"


def _per_class(per_class: dict[str, dict[str, int]]) -> str:
    """Return the smallest and largest number of images of a class in each split."""
    ranges = []
    for split in SPLITS:
        counts = [of_class[split] for of_class in per_class.values()]
        low, high = min(counts), max(counts)
        ranges.append(f"{low} {split}" if low == high else f"{low} to {high} {split}")
    return ", ".join(ranges)


def _counted(numbers: dict[str, int]) -> str:
    return some(f"{name} ({count})" for name, count in numbers.items())


def _progress(done: int, total: int, what: str = "") -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{done}/{total} images{what and f' {what}'}", end=end, file=sys.stderr, flush=True)
