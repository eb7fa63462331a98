"""The options that commands share, each declared once; a command names those that it takes."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOR_EVER = float("inf")


@dataclass(frozen=True)
class Option:
    """An option of several commands.

    Attributes:
        group: heading that it stands under in `--help`.
        help: its effect.
        default: its value when it is not given.
        more: further arguments of `ArgumentParser.add_argument`.
    """

    group: str
    help: str
    default: Any
    more: Mapping[str, Any] = field(default_factory=dict)


def not_empty(text: str) -> str:
    """Return a name that must not be empty, as an unset variable in a script would make it."""
    if not text:
        raise argparse.ArgumentTypeError("is empty; give a name")
    return text


def days(text: str) -> float:
    """Return a number of days, 0 or more."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < FOR_EVER:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
    return number


def duration(text: str) -> float:
    """Return `3h50m`, `90m`, `45s` or plain seconds in seconds."""
    import re

    match = re.fullmatch(
        r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?|(\d+(?:\.\d+)?)", text, re.ASCII
    )
    if not match or not any(match.groups()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration; write 3h50m, 90m or 45s")
    hours, minutes, seconds, plain = (float(part or 0) for part in match.groups())
    total = 3600 * hours + 60 * minutes + seconds + plain
    if not total:
        raise argparse.ArgumentTypeError(f"{text!r} must be longer than 0")
    return total


_FLAG: Mapping[str, Any] = {"action": "store_true"}
_SETTINGS, _RUN, _OUTPUT = "settings", "the run", "output"

OPTIONS: Mapping[str, Option] = {
    "--set": Option(
        _SETTINGS,
        "change a setting, such as train.epochs=5; may be repeated (docs/settings.md lists all)",
        (),
        {"metavar": "KEY=VALUE"},
    ),
    "--device": Option(
        _SETTINGS,
        "auto, cpu, cuda[:N] or mps; short for --set device=D. Default: the preset's, which is "
        "auto unless it says otherwise: the visible GPU with most free memory, or the CPU",
        "",
        {"metavar": "D"},
    ),
    "--allow-overlap": Option(
        _SETTINGS,
        "evaluate a model even on images that it was trained on; every table then says so. "
        "Without this option such a run is refused",
        False,
        _FLAG,
    ),
    "--run": Option(
        _RUN,
        "name of the run. An unfinished run of this name and experiment is continued. "
        "Default: a name made of the time and the preset",
        None,
        {"metavar": "NAME", "type": not_empty},
    ),
    "--runs": Option(
        _RUN, "folder of the runs. Default: ./runs", None, {"metavar": "DIR", "type": Path}
    ),
    "--max-time": Option(
        _RUN,
        "after this time (3h50m, 90m, 45s) save a checkpoint and exit with code 75, for job "
        "schedulers. Default: no limit",
        FOR_EVER,
        {"metavar": "T", "type": duration},
    ),
    "--detach": Option(
        _RUN, "run in the background; print the run's name and return", False, _FLAG
    ),
    "--json": Option(_OUTPUT, "print JSON on stdout", False, _FLAG),
    "--quiet": Option(_OUTPUT, "print no progress", False, _FLAG),
    "--traceback": Option(_OUTPUT, "print the traceback of an error", False, _FLAG),
    "--as-detached": Option(_RUN, argparse.SUPPRESS, False, _FLAG),  # of the background process
}
EVERYWHERE = ("--runs", "--quiet", "--traceback", "--as-detached")  # accepted by every command


def attribute(option: str) -> str:
    """Return the name under which the parsed arguments hold an option."""
    return "sets" if option == "--set" else option.removeprefix("--").replace("-", "_")


def sets(args: argparse.Namespace) -> tuple[str, ...]:
    """Return all `--set` texts; `--device D` and `--allow-overlap` are short for one each."""
    device = (f"device={args.device}",) if args.device else ()
    overlap = ("evaluate.allow_overlap=true",) if args.allow_overlap else ()
    return (*args.sets, *device, *overlap)
