"""The command line: parse, import the one command that is called, turn errors into exit codes.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from vitac_tui import __version__
from vitac_tui.console import streams
from vitac_tui.errors import ExitCode, UserError, one_line

DESCRIPTION = """\
Takes a visuo-tactile image dataset to a small, fast, trustworthy classifier:
train, prune in any order, find the best amount, and compare, with honest figures.
"""
EPILOG = """\
exit codes: 0 done; 2 wrong usage, preset or dataset; 3 the run failed (replay: figures differ);
4 stopped on request; 75 ended by a deadline or SIGTERM, can go on; 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of `vitac-tui`; returns the exit code."""
    began = time.monotonic()  # --max-time counts what comes before a run, too
    streams.prepare()
    arguments = list(sys.argv[1:] if argv is None else argv)
    code: int = ExitCode.DONE
    try:
        try:
            code = _call(arguments, began)
        except SystemExit as leaving:  # of the parser, or of SIGTERM before a run has begun
            code = int(leaving.code or 0)
        sys.stdout.flush()  # what is left of the output can still be lost
        return code
    except UserError as error:
        return _complain(str(error), arguments, ExitCode.USAGE)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        return code
    except streams.OutputLost as lost:
        return _complain(str(lost), arguments, ExitCode.FAILED)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        remedy = "--traceback shows more"
        return _complain(f"unexpected error: {what} ({remedy})", arguments, ExitCode.FAILED)


def _require_text(argument: str) -> None:
    """Names and paths end up in the record, which is UTF-8."""
    if "\0" in argument:
        raise UserError("holds a NUL character", where=argument)
    if argument != argument.encode(errors="replace").decode():
        raise UserError("is no UTF-8 text", where=argument)


def _call(arguments: list[str], began: float) -> int:
    for before, argument in pairwise(("", *arguments)):
        if before != "--set":  # a setting's text is refused with its key
            _require_text(argument)
    sets: list[str] = []
    parser = _parser(sets)
    args = parser.parse_args(arguments)
    args.sets = tuple(sets)
    args.argv = ["vitac-tui", *arguments]
    args.began = began
    _refuse_ignored(parser, args)
    module, _, function = args.command.partition(":")
    return int(getattr(import_module(module), function)(args))


_APP = "vitac_tui.commands.app:run"
_BATCH = "vitac_tui.commands.batch:run"
_OF_A_RESUME = "--set --device --max-time --detach --json"
_OF_A_RUN = f"--run --allow-overlap {_OF_A_RESUME}"
_OF_A_REPLAY = "--run --allow-overlap --set --device --max-time --json"
_FOR_EVER = float("inf")


def _refuse_ignored(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse what the command would not look at: whoever gave it expects something of it."""
    if args.preset is not None:
        if hasattr(args, "command"):
            parser.error("--batch runs a preset and takes no command")
        args.command, args.batch, args.takes = _BATCH, args.preset, _OF_A_RUN
    elif not hasattr(args, "command"):
        args.command, args.takes = _APP, ""
    options = {
        "--run": args.run,
        "--set": args.sets,
        "--device": args.device,
        "--allow-overlap": args.allow_overlap,
        "--max-time": args.max_time < _FOR_EVER,
        "--detach": args.detach,
        "--json": args.json,
    }
    for name, is_given in options.items():
        if is_given and name not in args.takes.split():
            parser.error(f"{name} has no meaning here")
    if getattr(args, "unused", None) is not None and not args.clean:
        parser.error("--unused has no meaning without --clean")
    if getattr(args, "clean", False) and args.json:
        parser.error("--json has no meaning with --clean")
    if args.detach and args.json:
        parser.error("--json has no meaning with --detach, which prints the run's name")


def _complain(message: str, arguments: list[str], code: int) -> int:
    if "--traceback" in arguments:
        import traceback

        traceback.print_exc()
    print(f"vitac-tui: {one_line(message)}", file=sys.stderr)
    return code


def _parser(sets: list[str]) -> argparse.ArgumentParser:
    common = _common(sets, suppress=True)
    parser = _Parser(
        prog="vitac-tui",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_common(sets, suppress=False)],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"vitac-tui {__version__}")
    parser.add_argument(
        "--batch",
        metavar="PRESET",
        dest="preset",
        type=given,
        help="run a preset (name or path) headless",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)

    def command(
        name: str, target: str, help: str, takes: str = "", **defaults: Any
    ) -> argparse.ArgumentParser:
        """Declare a command; `takes` are the common options that mean something to it."""
        sub = commands.add_parser(name, help=help, parents=[common], allow_abbrev=False)
        sub.set_defaults(command=f"vitac_tui.commands.{target}", takes=takes, **defaults)
        return sub

    demo = "run the demo on the built-in sample set"
    command("demo", "batch:run", demo, _OF_A_RUN, batch="demo")
    command("presets", "presets:list_presets", "list the presets", "--json")
    preset = command("preset", "", "show a preset, or the schema of all settings")
    what = preset.add_subparsers(metavar="WHAT", required=True, parser_class=_Parser)
    show = what.add_parser("show", help="print a preset fully resolved", parents=[common])
    show.add_argument("name", metavar="NAME", type=given)
    show.set_defaults(command="vitac_tui.commands.presets:show", takes="--set --device")
    schema = what.add_parser("schema", help="print the JSON schema of presets", parents=[common])
    schema.set_defaults(command="vitac_tui.commands.presets:schema", takes="--json")
    runs = command("runs", "runs:list_runs", "list the runs", "--json")
    runs.add_argument("--clean", action="store_true", help="list what can go, and ask")
    runs.add_argument(
        "--unused",
        metavar="DAYS",
        type=days,
        help="with --clean: decoded images can go that nobody used for so long (30)",
    )
    for name, target, help, takes in (
        ("attach", "app:attach", "open the app on a live or finished run", ""),
        ("show", "runs:show", "print a run's table", "--json"),
        ("follow", "runs:follow", "stream a run's events as text until it ends", "--json"),
    ):
        sub = command(name, target, help, takes)
        sub.add_argument("run_name", metavar="RUN", nargs="?", default="")
    stop = command("stop", "control:stop", "end a run after the current batch")
    stop.add_argument("--now", action="store_true", help="at once, mid-batch")
    stop.add_argument("run_name", metavar="RUN", type=given)
    for name, help in (
        ("pause", "stop a run's stepping after the current batch"),
        ("unpause", "let a paused run go on"),
    ):
        sub = command(name, f"control:{name}", help)
        sub.add_argument("run_name", metavar="RUN", type=given)
    anew = "run an experiment anew and compare the figures"
    replay = command("replay", "replay:run", anew, _OF_A_REPLAY)
    replay.add_argument("source", metavar="RUN|PRESET", type=given)
    resume = command("resume", "batch:resume", "continue a run from its last unit", _OF_A_RESUME)
    resume.add_argument("run_name", metavar="RUN", type=given)
    _dataset(command("dataset", "", "check a dataset, or render the sample set"), common)
    return parser


def _dataset(parser: argparse.ArgumentParser, common: _Parser) -> None:
    what = parser.add_subparsers(metavar="WHAT", required=True, parser_class=_Parser)
    check = what.add_parser("check", help="check a dataset", parents=[common])
    check.add_argument("path", metavar="PATH", type=Path)
    check.add_argument("--layout", metavar="L", default="", help="guessed when not given")
    check.set_defaults(command="vitac_tui.commands.dataset:check", takes="--set --json")
    sample = what.add_parser("sample", help="render the sample set into a folder", parents=[common])
    sample.add_argument("path", metavar="DIR", type=Path)
    for name in ("classes", "presses", "frames", "size", "seed"):
        sample.add_argument(f"--{name}", metavar="N", type=int, default=argparse.SUPPRESS)
    sample.set_defaults(command="vitac_tui.commands.dataset:sample", takes="")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, like every other error."""

    def error(self, message: str) -> Any:
        print(f"vitac-tui: {one_line(message)}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(int(ExitCode.USAGE))


def _collecting(values: list[str]) -> type[argparse.Action]:
    """An action that collects repeated options from either side of a command.

    A subcommand parses into a namespace of its own, which then replaces what stood before it.
    """

    class Collect(argparse.Action):
        def __call__(self, parser: Any, namespace: Any, given: Any, option: Any = None) -> None:
            values.extend(given)

    return Collect


def _common(sets: list[str], *, suppress: bool) -> _Parser:
    """Options that stand before or after the command.

    A subcommand's default would overwrite what was given before it, so subcommands have none.
    """

    def default(value: Any) -> Any:
        return argparse.SUPPRESS if suppress else value

    options = _Parser(add_help=False, allow_abbrev=False)
    add = options.add_argument
    add("--runs", metavar="DIR", type=Path, default=default(None), help="where runs lie (./runs)")
    add(
        "--run",
        metavar="NAME",
        type=given,
        default=default(None),
        help="create this run, or continue it",
    )
    add(
        "--set",
        metavar="KEY=VALUE",
        action=_collecting(sets),
        nargs=1,
        default=argparse.SUPPRESS,
        help="change a setting, such as train.epochs=5 (repeatable)",
    )
    add("--device", metavar="D", default=default(""), help="auto, cpu, cuda[:N], mps")
    add(
        "--allow-overlap",
        action="store_true",
        default=default(False),
        help="score a model on images that it was trained on, too; every table says so",
    )
    add(
        "--max-time",
        metavar="T",
        type=duration,
        default=default(_FOR_EVER),
        help="checkpoint and exit 75 after so long, such as 3h50m",
    )
    add("--detach", action="store_true", default=default(False), help="start the run, do not wait")
    add("--as-detached", action="store_true", default=default(False), help=argparse.SUPPRESS)
    add("--json", action="store_true", default=default(False), help="results as JSON on stdout")
    add("--quiet", action="store_true", default=default(False), help="no progress")
    add("--traceback", action="store_true", default=default(False), help="show where errors arose")
    return options


def given(text: str) -> str:
    """A name that must not be empty, as an unset variable of a script would make it."""
    if not text:
        raise argparse.ArgumentTypeError("is empty; give a name")
    return text


def days(text: str) -> float:
    """A number of days, 0 or more."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < _FOR_EVER:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days")
    return number


def duration(text: str) -> float:
    """`3h50m`, `90m`, `45s` or plain seconds, in seconds."""
    import re

    match = re.fullmatch(
        r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?|(\d+(?:\.\d+)?)", text, re.ASCII
    )
    if not match or not any(match.groups()):
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 3h50m, 90m or 45s")
    hours, minutes, seconds, plain = (float(part or 0) for part in match.groups())
    total = 3600 * hours + 60 * minutes + seconds + plain
    if not total:
        raise argparse.ArgumentTypeError(f"{text!r} must be longer than 0")
    return total


def entry() -> None:
    """What the installed command calls."""
    sys.exit(main())
