"""All commands: what they are called, what they take, and where they are implemented."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vitac_tui.commands.options import days, not_empty

Arguments = Mapping[str, Mapping[str, Any]]  # arguments of `add_argument` by name


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        name: one or two words, as typed.
        target: "module:function" below `vitac_tui.commands`.
        group: heading that it stands under in `vitac-tui --help`.
        help: what it does, in one line.
        arguments: positional arguments, and options that no other command has.
        options: shared options that it takes, besides those that every command accepts.
        shown: options that every command accepts and that have an effect here.
        examples: lines for its `--help`, without "vitac-tui ".
        details: a paragraph for its `--help`.
        is_run: the process becomes a run, which signals must not end without a checkpoint.
    """

    name: str
    target: str
    group: str
    help: str
    arguments: Arguments = field(default_factory=dict)
    options: tuple[str, ...] = ()
    shown: tuple[str, ...] = ("--runs", "--traceback")
    examples: tuple[str, ...] = ()
    details: str = ""
    is_run: bool = False


_TRAIN, _WATCH, _CONTROL = "train and prune", "look at runs", "control a live run"
_PRESETS, _DATA = "presets", "datasets"

_OF_A_RESUME = ("--set", "--device", "--max-time", "--detach", "--json")
_OF_A_RUN = ("--set", "--device", "--allow-overlap", "--run", "--max-time", "--detach", "--json")
_OF_A_REPLAY = ("--set", "--device", "--allow-overlap", "--run", "--max-time", "--json")
_ALL_SHOWN = ("--runs", "--quiet", "--traceback")

_RUN: Arguments = {
    "run_name": {"metavar": "RUN", "type": not_empty, "help": "name, prefix or path"}
}
_RUN_OR_NEWEST: Arguments = {
    "run_name": {
        "metavar": "RUN",
        "nargs": "?",
        "default": "",
        "help": "name, prefix or path. Default: the newest run",
    }
}
_NUMBER: Mapping[str, Any] = {"metavar": "N", "type": int, "default": argparse.SUPPRESS}

COMMANDS = (
    Command(
        "run",
        "batch:run",
        _TRAIN,
        "run a preset: train, prune, find the best amount, test",
        {
            "preset": {
                "metavar": "PRESET",
                "type": not_empty,
                "help": "name of a built-in preset, or a .toml file",
            }
        },
        _OF_A_RUN,
        _ALL_SHOWN,
        (
            "run folder --set dataset.root=photos",
            "run study-visual --detach",
            "run study-visual --run night --max-time 3h50m   # repeat until it exits with 0",
        ),
        "Signals: SIGINT stops after the current batch, a second one at once; SIGTERM and SIGUSR1 "
        "save a checkpoint and exit with code 75; SIGUSR2 saves a checkpoint and continues; SIGHUP "
        "is ignored.",
        is_run=True,
    ),
    Command(
        "demo",
        "batch:run",
        _TRAIN,
        "run the demo on the built-in sample set (about a minute)",
        {},
        _OF_A_RUN,
        _ALL_SHOWN,
        ("demo", "demo --set train.epochs=4"),
        is_run=True,
    ),
    Command(
        "resume",
        "batch:resume",
        _TRAIN,
        "continue a run that was stopped, killed or failed",
        _RUN,
        _OF_A_RESUME,
        _ALL_SHOWN,
        ("resume night", "resume night --detach --device cuda:1"),
        "--set accepts settings marked *execution* in docs/settings.md, which do not affect "
        "results.",
        is_run=True,
    ),
    Command(
        "replay",
        "replay:run",
        _TRAIN,
        "run an experiment again and compare the results",
        {
            "source": {
                "metavar": "RUN|PRESET",
                "type": not_empty,
                "help": "a finished run, or a preset: its newest finished run",
            }
        },
        _OF_A_REPLAY,
        _ALL_SHOWN,
        ("replay night", "replay demo --json"),
        "Exits with 0 if all results are identical, timings excepted, and with 3 if not.",
        is_run=True,
    ),
    Command(
        "runs",
        "runs:list_runs",
        _WATCH,
        "list the runs, or free disk space",
        {
            "--clean": {
                "action": "store_true",
                "help": "list files that no result depends on, and ask whether to delete them",
            },
            "--unused": {
                "metavar": "DAYS",
                "type": days,
                "help": "with --clean: include decoded images that were not used for this many "
                "days. Default: 30",
            },
        },
        ("--json",),
        examples=("runs", "runs --clean --unused 7"),
    ),
    Command(
        "show",
        "runs:show",
        _WATCH,
        "print the results of a run",
        _RUN_OR_NEWEST,
        ("--json",),
        examples=("show", "show night --json"),
    ),
    Command(
        "follow",
        "runs:follow",
        _WATCH,
        "print the events of a run until it ends",
        _RUN_OR_NEWEST,
        ("--json",),
        examples=("follow night",),
    ),
    Command(
        "attach",
        "app:attach",
        _WATCH,
        "open the app on a run, live or finished",
        _RUN_OR_NEWEST,
        examples=("attach night",),
    ),
    Command(
        "stop",
        "control:stop",
        _CONTROL,
        "stop a run after the current batch, with a checkpoint",
        {
            **_RUN,
            "--now": {"action": "store_true", "help": "stop at once, in the middle of a batch"},
        },
        examples=("stop night",),
    ),
    Command(
        "pause",
        "control:pause",
        _CONTROL,
        "pause a run after the current batch",
        _RUN,
        examples=("pause night",),
    ),
    Command(
        "unpause",
        "control:unpause",
        _CONTROL,
        "let a paused run continue",
        _RUN,
        examples=("unpause night",),
    ),
    Command(
        "presets",
        "presets:list_presets",
        _PRESETS,
        "list the built-in presets",
        {},
        ("--json",),
        ("--traceback",),
        ("presets",),
    ),
    Command(
        "preset show",
        "presets:show",
        _PRESETS,
        "print a preset with every setting filled in",
        {"name": {"metavar": "NAME", "type": not_empty, "help": "a preset, or a .toml file"}},
        ("--set", "--device"),
        examples=("preset show folder", "preset show demo --set train.epochs=4 > mine.toml"),
    ),
    Command(
        "preset schema",
        "presets:schema",
        _PRESETS,
        "print the JSON schema of presets",
        {},
        ("--json",),
        ("--traceback",),
        ("preset schema > schema.json",),
    ),
    Command(
        "dataset check",
        "dataset:check",
        _DATA,
        "check a dataset: can all images be read, does the split leak",
        {
            "path": {"metavar": "PATH", "type": Path, "help": "the dataset's folder"},
            "--layout": {
                "metavar": "L",
                "default": "",
                "help": "vitac, folder, list, pattern or sample. Default: guessed",
            },
        },
        ("--set", "--json"),
        ("--quiet", "--traceback"),
        ("dataset check photos", "dataset check photos --set 'dataset.group=scale_([0-9]+)_'"),
    ),
    Command(
        "dataset sample",
        "dataset:sample",
        _DATA,
        "render the built-in sample set into a folder",
        {
            "path": {"metavar": "DIR", "type": Path, "help": "the folder, made if necessary"},
            "--classes": {**_NUMBER, "help": "cloths"},
            "--presses": {**_NUMBER, "help": "presses (tactile) or photos (visual) per cloth"},
            "--frames": {**_NUMBER, "help": "frames per press, or tiles per photo"},
            "--size": {**_NUMBER, "help": "side of the images in pixels"},
            "--seed": {**_NUMBER, "help": "seed of the renderer"},
        },
        (),
        ("--quiet", "--traceback"),
        ("dataset sample data/vitac",),
    ),
)
