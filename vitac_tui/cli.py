"""The command line: parse, import the one command that is called, turn errors into exit codes.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from vitac_tui import __version__
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
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # an ASCII terminal shows, never fails
    arguments = list(sys.argv[1:] if argv is None else argv)
    sets: list[str] = []
    try:
        args = _parser(sets).parse_args(arguments)
    except SystemExit as leaving:
        return int(leaving.code or 0)
    args.sets = tuple(sets)
    args.argv = ["vitac-tui", *arguments]
    args.began = began
    try:
        if not hasattr(args, "command"):
            args.command = "vitac_tui.commands.batch:run" if args.batch else _APP
        module, _, function = args.command.partition(":")
        return int(getattr(import_module(module), function)(args))
    except UserError as error:
        return _complain(str(error), args, ExitCode.USAGE)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        sys.stderr.close()
        return ExitCode.DONE
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        return _complain(f"unexpected error: {what} (--traceback shows more)", args, 3)


_APP = "vitac_tui.commands.app:run"


def _complain(message: str, args: argparse.Namespace, code: int) -> int:
    if args.traceback:
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
    parser.add_argument("--batch", metavar="PRESET", help="run a preset (name or path) headless")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)

    def command(name: str, target: str, help: str, **defaults: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, parents=[common], allow_abbrev=False)
        sub.set_defaults(command=f"vitac_tui.commands.{target}", **defaults)
        return sub

    command("demo", "batch:run", "run the demo on the built-in sample set", batch="demo")
    command("presets", "presets:list_presets", "list the presets")
    preset = command("preset", "", "show a preset, or the schema of all settings")
    what = preset.add_subparsers(metavar="WHAT", required=True, parser_class=_Parser)
    show = what.add_parser("show", help="print a preset fully resolved", parents=[common])
    show.add_argument("preset", metavar="NAME")
    show.set_defaults(command="vitac_tui.commands.presets:show")
    schema = what.add_parser("schema", help="print the JSON schema of presets", parents=[common])
    schema.set_defaults(command="vitac_tui.commands.presets:schema")
    runs = command("runs", "runs:list_runs", "list the runs")
    runs.add_argument("--clean", action="store_true", help="list what can go, and ask")
    for name, target, help in (
        ("attach", "app:attach", "open the app on a live or finished run"),
        ("show", "runs:show", "print a run's table"),
        ("follow", "runs:follow", "stream a run's events as text until it ends"),
    ):
        command(name, target, help).add_argument("run_name", metavar="RUN", nargs="?", default="")
    stop = command("stop", "control:stop", "end a run after the current batch")
    stop.add_argument("--now", action="store_true", help="at once, mid-batch")
    stop.add_argument("run_name", metavar="RUN", type=given)
    for name, help in (
        ("pause", "stop a run's stepping after the current batch"),
        ("unpause", "let a paused run go on"),
    ):
        sub = command(name, f"control:{name}", help)
        sub.add_argument("run_name", metavar="RUN", type=given)
    replay = command("replay", "replay:run", "run an experiment anew and compare the figures")
    replay.add_argument("source", metavar="RUN|PRESET", type=given)
    resume = command("resume", "batch:resume", "continue a run from its last unit")
    resume.add_argument("run_name", metavar="RUN", type=given)
    _dataset(command("dataset", "", "check a dataset, or render the sample set"), common)
    return parser


def _dataset(parser: argparse.ArgumentParser, common: _Parser) -> None:
    what = parser.add_subparsers(metavar="WHAT", required=True, parser_class=_Parser)
    check = what.add_parser("check", help="check a dataset", parents=[common])
    check.add_argument("path", metavar="PATH", type=Path)
    check.add_argument("--layout", metavar="L", default="", help="guessed when not given")
    check.set_defaults(command="vitac_tui.commands.dataset:check")
    sample = what.add_parser("sample", help="render the sample set into a folder", parents=[common])
    sample.add_argument("path", metavar="DIR", type=Path)
    for name in ("classes", "presses", "frames", "size", "seed"):
        sample.add_argument(f"--{name}", metavar="N", type=int, default=argparse.SUPPRESS)
    sample.set_defaults(command="vitac_tui.commands.dataset:sample")


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
    add("--run", metavar="NAME", default=default(""), help="create this run, or continue it")
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
        "--max-time",
        metavar="T",
        type=duration,
        default=default(0.0),
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
        raise argparse.ArgumentTypeError("is empty; name a run")
    return text


def duration(text: str) -> float:
    """`3h50m`, `90m`, `45s` or plain seconds, in seconds."""
    import re

    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", text)
    if not match or not any(match.groups()):
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 3h50m, 90m or 45s")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


def entry() -> None:
    """What the installed command calls."""
    sys.exit(main())
