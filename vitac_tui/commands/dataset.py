"""`dataset check` and `dataset sample`."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

import tomli_w

from vitac_tui.data.guess import Guess, guess_layout
from vitac_tui.data.read import read_dataset
from vitac_tui.data.report import describe
from vitac_tui.data.sample import SampleSpec, render_sample
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.errors import one_line
from vitac_tui.experiment import presets
from vitac_tui.experiment.dataset import DatasetBase
from vitac_tui.experiment.overrides import parse_override
from vitac_tui.experiment.settings import plain
from vitac_tui.loading.cache_builder import drop_corrupt, open_decoded
from vitac_tui.runs.jsontext import document, escaped

EXAMPLES = 3


def check(args: argparse.Namespace) -> int:
    """Say what a dataset holds and what makes its figures doubtful; 0 whatever the verdict."""
    guess = _guess(args)
    dataset, table = guess.dataset, guess.table
    # All images are decoded to find the unreadable ones; a check reports them, however many.
    lenient = dataset.model_copy(update={"max_corrupt": 1.0})
    decoded = open_decoded(table, lenient, progress=None if args.quiet else _progress)
    readable, decoded, left_out = drop_corrupt(table, decoded)
    report = describe(
        dataset,
        table,
        readable,
        decoded,
        [*left_out, *guess.notes],
        progress=None if args.quiet else partial(_progress, what="compared"),
    )
    if args.json:
        sys.stdout.write(document(report).decode())
    else:
        _print(report, readable, dataset, guess.examples)
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
    report: dict[str, Any], table: SampleTable, dataset: DatasetBase, examples: tuple[Sample, ...]
) -> None:
    images = ", ".join(f"{count} {split}" for split, count in report["images"].items())
    print(f"{report['classes']} classes, {report['modality']}, layout {report['layout']}: {images}")
    for example in examples:
        frame = f", frame {example.frame}" if example.frame >= 0 else ""
        group = f", group {example.group}" if example.group else ""
        print(one_line(f"  {example.path}: class {example.class_name}{group}{frame}"))
    for warning in report["warnings"]:
        print(one_line(f"warning: {warning}"))
    print(one_line(f"verdict: {report['verdict']}"))
    print()
    print(escaped(tomli_w.dumps({"dataset": _changed(dataset)})), end="")


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
