"""`dataset check` and `dataset sample`."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

import tomli_w

from vitac_tui.data.guess import Guess, guess_layout
from vitac_tui.data.headers import sizes_and_modes
from vitac_tui.data.modalities import Other, other_modality
from vitac_tui.data.read import read_dataset
from vitac_tui.data.report import describe
from vitac_tui.data.sample import SampleSpec, render_sample
from vitac_tui.data.structure import class_counts
from vitac_tui.data.table import SPLITS, Sample
from vitac_tui.errors import one_line, some
from vitac_tui.experiment import presets
from vitac_tui.experiment.dataset import DatasetBase
from vitac_tui.experiment.overrides import parse_override
from vitac_tui.experiment.settings import plain
from vitac_tui.loading.cache_builder import drop_corrupt, open_decoded
from vitac_tui.runs.jsontext import document, escaped

EXAMPLES = 3
LISTED = 20  # unreadable files


def check(args: argparse.Namespace) -> int:
    """Say what a dataset holds and what makes its figures doubtful; 0 whatever the verdict."""
    guess = _guess(args)
    dataset, table = guess.dataset, guess.table
    # All images are decoded to find the unreadable ones; a check reports them, however many.
    lenient = dataset.model_copy(update={"max_corrupt": 1.0})
    decoded = open_decoded(table, lenient, progress=None if args.quiet else _progress)
    readable, kept, left_out = drop_corrupt(table, decoded)
    report = describe(
        dataset,
        table,
        readable,
        kept,
        [*left_out, *guess.notes],
        progress=None if args.quiet else partial(_progress, what="compared"),
    )
    sizes, modes = sizes_and_modes(readable)
    other = other_modality(args.path, table, dataset.modality)
    report |= {
        "per_class": class_counts(readable),
        "sizes": dict(sizes.most_common()),
        "modes": dict(modes.most_common()),
        "unreadable": {table.samples[row].path: why for row, why in decoded.corrupt.items()},
        "other_modality": other.record() if other else None,
    }
    if args.json:
        sys.stdout.write(document(report).decode())
    else:
        _print(report, dataset, guess.examples, other)
    return 0


def sample(args: argparse.Namespace) -> int:
    """Render the sample set, both modalities, into a folder."""
    given = {
        name: getattr(args, name)
        for name in ("classes", "presses", "frames", "size", "seed")
        if hasattr(args, name)
    }
    render_sample(args.path, SampleSpec(**given), progress=None if args.quiet else _progress)
    print(one_line(f"{args.path} holds the sample set; try: vitac-tui dataset check {args.path}"))
    return 0


def _guess(args: argparse.Namespace) -> Guess:
    """The settings that are given, or else fit; `--set` beats what is guessed."""
    given = {change.path: change.value for change in map(parse_override, args.sets)}
    layout = args.layout or given.get(("dataset", "layout"))
    if layout:
        dataset = _asked_for({"root": str(args.path), "layout": layout}, args.sets)
        table = read_dataset(dataset)
        return Guess(dataset, table, table.samples[:EXAMPLES], ())
    modality = given.get(("dataset", "modality"))
    return guess_layout(
        args.path,
        modality if modality in ("visual", "tactile") else None,
        lambda dataset: _asked_for(plain(dataset), args.sets) if args.sets else dataset,
    )


def _asked_for(table: dict[str, Any], sets: tuple[str, ...]) -> DatasetBase:
    data = {"name": "check", "model": {"arch": "resnet18"}, "dataset": table}
    dataset: DatasetBase = presets.resolve(data, sets, where="dataset check").dataset
    return dataset


def _print(
    report: dict[str, Any], dataset: DatasetBase, examples: tuple[Sample, ...], other: Other | None
) -> None:
    images = ", ".join(f"{count} {split}" for split, count in report["images"].items())
    print(f"{report['classes']} classes, {report['modality']}, layout {report['layout']}: {images}")
    groups = ", ".join(f"{count} {split}" for split, count in report["groups"].items())
    print(f"  groups: {groups}; images of a class: {_of_a_class(report['per_class'])}")
    print(one_line(f"  sizes: {_counted(report['sizes'])}; modes: {_counted(report['modes'])}"))
    if other:
        print(one_line(f"  {other.line()}"))
    for example in examples:
        frame = f", frame {example.frame}" if example.frame >= 0 else ""
        group = f", group {example.group}" if example.group else ""
        print(one_line(f"  {example.path}: class {example.class_name}{group}{frame}"))
    unreadable = [f"{path} ({reason})" for path, reason in report["unreadable"].items()]
    for text in unreadable[:LISTED]:
        print(one_line(f"unreadable: {text}"))
    if len(unreadable) > LISTED:
        print(f"unreadable: {len(unreadable) - LISTED} more; --json names all")
    for warning in report["warnings"]:
        print(one_line(f"warning: {warning}"))
    print(one_line(f"verdict: {report['verdict']}"))
    print()
    print(escaped(tomli_w.dumps({"dataset": _changed(dataset)})), end="")


def _of_a_class(per_class: dict[str, dict[str, int]]) -> str:
    """The least and the most images that a class has in each split."""
    ranges = []
    for split in SPLITS:
        counts = [of_class[split] for of_class in per_class.values()]
        low, high = min(counts), max(counts)
        ranges.append(f"{low} {split}" if low == high else f"{low} to {high} {split}")
    return ", ".join(ranges)


def _counted(numbers: dict[str, int]) -> str:
    return some(f"{name} ({count})" for name, count in numbers.items())


def _changed(dataset: DatasetBase) -> dict[str, Any]:
    """The settings that differ from their defaults: the table to paste."""
    changed: dict[str, Any] = {"layout": plain(dataset)["layout"]}
    for name, field in type(dataset).model_fields.items():
        value = getattr(dataset, name)
        if name != "layout" and value != field.get_default():
            changed[name] = plain(dataset)[name]
    return changed


def _progress(done: int, total: int, what: str = "") -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{done}/{total} images{what and f' {what}'}", end=end, file=sys.stderr, flush=True)
