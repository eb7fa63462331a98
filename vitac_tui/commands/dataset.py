"""`dataset check` and `dataset sample`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import tomli_w

from vitac_tui.data.findings import fingerprint
from vitac_tui.data.guess import Guess, guess_layout
from vitac_tui.data.sample import SampleSpec, render_sample
from vitac_tui.data.survey import (
    Survey,
    changed,
    parsed,
    read_as,
    split_counts,
    survey,
    validated,
)
from vitac_tui.errors import one_line
from vitac_tui.experiment.overrides import parse_override
from vitac_tui.experiment.settings import plain
from vitac_tui.loading.cache_builder import open_decoded
from vitac_tui.runs.jsontext import document, escaped


def check(args: argparse.Namespace) -> int:
    """Say what a dataset holds and what makes its figures doubtful; 0 whatever the verdict."""
    read = _guess(args)
    # All images are decoded to find the unreadable ones; a check reports them, however many.
    lenient = read.dataset.model_copy(update={"max_corrupt": 1.0})
    decoded = open_decoded(read.table, lenient, progress=None if args.quiet else _progress)
    found = survey(read, decoded)
    report = {
        "layout": plain(found.dataset)["layout"],
        "modality": found.dataset.modality,
        "classes": len(found.table.class_ids),
        "class_names": list(found.table.class_names),
        "images": {split: count["images"] for split, count in split_counts(found.table).items()},
        "corrupt": len(found.corrupt),
        "fingerprint": fingerprint(found.table, found.hashes or ()),
        "warnings": list(found.warnings),
        "verdict": found.verdict,
    }
    if args.json:
        sys.stdout.write(document(report).decode())
    else:
        _print(report, found)
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
        return read_as(validated({"root": str(args.path), "layout": layout}, args.sets))
    modality = given.get(("dataset", "modality"))
    return guess_layout(
        args.path,
        modality if modality in ("visual", "tactile") else None,
        lambda dataset: validated(plain(dataset), args.sets) if args.sets else dataset,
    )


def _print(report: dict[str, Any], found: Survey) -> None:
    images = ", ".join(f"{count} {split}" for split, count in report["images"].items())
    print(f"{report['classes']} classes, {report['modality']}, layout {report['layout']}: {images}")
    for example in found.examples:
        print(f"  {parsed(example)}")
    for warning in report["warnings"]:
        print(one_line(f"warning: {warning}"))
    print(one_line(f"verdict: {report['verdict']}"))
    print()
    print(escaped(tomli_w.dumps({"dataset": changed(found.dataset)})), end="")


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{done}/{total} images", end=end, file=sys.stderr, flush=True)
