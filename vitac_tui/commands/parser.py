"""Parses the command line by the tables of commands and options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from vitac_tui import __version__
from vitac_tui.commands.options import EVERYWHERE, OPTIONS, attribute, not_empty
from vitac_tui.commands.table import COMMANDS, Command
from vitac_tui.errors import ExitCode, one_line

APP = Command("", "app:run", "", "open the app")
DESCRIPTION = """\
Train an image classifier on a visuo-tactile dataset, prune it, and measure what that costs.
Without a command, the app opens.
"""
EXAMPLES = (
    ("demo", "see it work, in about a minute"),
    ("dataset check photos", "does the split leak?"),
    ("run folder --set dataset.root=photos", "train and prune on your own images"),
)
EXIT_CODES = """\
exit codes:
  0    finished
  2    wrong usage, preset or dataset
  3    the run failed; for replay: the results differ
  4    stopped on request
  75   ended by --max-time, SIGTERM or SIGUSR1; the run can be resumed
  130  interrupted (Ctrl-C)
"""


def parse(arguments: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """Return the command that is called, and its arguments with defaults filled in.

    Options may stand before or after the command.

    Raises:
        SystemExit: help was asked for, or the usage is wrong; one line on stderr says how.
    """
    sets: list[str] = []
    parser = _parser(sets)
    args, rest = parser.parse_known_args(arguments)
    command: Command = args.command or APP
    asked = getattr(args, "parser", parser)
    if "as_batch" in args:
        if args.command is not None:
            parser.error("--batch runs a preset and takes no command")
        command, args.preset = _named("run"), args.as_batch
    elif command.name == "demo":
        args.preset = "demo"
    _refuse_foreign(asked, command, args, rest, bool(sets))
    for option in OPTIONS:
        if attribute(option) not in args:
            setattr(args, attribute(option), OPTIONS[option].default)
    args.sets = tuple(sets)
    _refuse_combinations(asked, args)
    return command, args


def _named(name: str) -> Command:
    return next(command for command in COMMANDS if command.name == name)


def _refuse_foreign(
    parser: argparse.ArgumentParser,
    command: Command,
    args: argparse.Namespace,
    rest: Sequence[str],
    has_sets: bool,
) -> None:
    """Refuse options that the command does not take: whoever gives one expects an effect."""
    given = [option for option in OPTIONS if attribute(option) in args or option in rest]
    if has_sets:
        given.append("--set")
    for option in given:
        if option not in (*command.options, *EVERYWHERE):
            parser.error(f"{option} has no meaning for {command.name or 'the app'}")
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")


def _refuse_combinations(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if getattr(args, "unused", None) is not None and not args.clean:
        parser.error("--unused has no meaning without --clean")
    if getattr(args, "clean", False) and args.json:
        parser.error("--json has no meaning with --clean")
    if args.detach and args.json:
        parser.error("--json has no meaning with --detach, which prints the run's name")


class _Parser(argparse.ArgumentParser):
    """Reports wrong usage in one line, like every other error."""

    def error(self, message: str) -> Any:
        print(f"vitac-tui: {one_line(message)}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(int(ExitCode.USAGE))


class _TopParser(_Parser):
    def format_help(self) -> str:
        return _overview(COMMANDS)


def _parser(sets: list[str]) -> argparse.ArgumentParser:
    parser = _TopParser(prog="vitac-tui", allow_abbrev=False)
    parser.set_defaults(command=None)
    parser.add_argument("--version", action="version", version=f"vitac-tui {__version__}")
    parser.add_argument(
        "--batch", dest="as_batch", type=not_empty, default=argparse.SUPPRESS, metavar="PRESET"
    )
    _add_options(parser, OPTIONS, (), sets)
    groups = {"": parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)}
    for command in COMMANDS:
        above, _, name = command.name.rpartition(" ")
        if above not in groups:
            outer = groups[""].add_parser(above, allow_abbrev=False)
            _add_options(outer, OPTIONS, (), sets)
            groups[above] = outer.add_subparsers(
                title="commands", metavar="WHAT", required=True, parser_class=_Parser
            )
        sub = groups[above].add_parser(
            name,
            help=command.help,
            description=_description(command),
            epilog=_examples(command),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        _add_command(sub, command, sets)
    return parser


def _add_command(parser: _Parser, command: Command, sets: list[str]) -> None:
    parser.set_defaults(command=command, parser=parser)
    for name, more in command.arguments.items():
        parser.add_argument(name, **more)
    options = [option for option in OPTIONS if option in (*command.options, *EVERYWHERE)]
    _add_options(parser, options, (*command.options, *command.shown), sets)


def _add_options(
    parser: argparse.ArgumentParser,
    options: Iterable[str],
    shown: Iterable[str],
    sets: list[str],
) -> None:
    """Declare shared options; those not `shown` are left out of the help.

    An option that is not given is absent from the result: a command's defaults would overwrite
    what was given before the command.
    """
    groups: dict[str, Any] = {}
    for name in options:
        option = OPTIONS[name]
        if name not in shown:
            at, help = parser, argparse.SUPPRESS
        else:
            if option.group not in groups:
                groups[option.group] = parser.add_argument_group(option.group)
            at, help = groups[option.group], option.help
        more = dict(option.more)
        if name == "--set":
            more |= {"action": _collecting(sets), "nargs": 1}
        at.add_argument(name, dest=attribute(name), default=argparse.SUPPRESS, help=help, **more)


def _collecting(values: list[str]) -> type[argparse.Action]:
    """Return an action that collects a repeated option from either side of a command.

    A command parses into a namespace of its own, which then replaces what stood before it.
    """

    class Collect(argparse.Action):
        def __call__(self, parser: Any, namespace: Any, given: Any, option: Any = None) -> None:
            values.extend(given)

    return Collect


def _description(command: Command) -> str:
    import textwrap

    text = f"{command.help[0].upper()}{command.help[1:]}."
    return "\n\n".join([text, *([textwrap.fill(command.details, 79)] if command.details else [])])


def _examples(command: Command) -> str:
    return "\n".join(["examples:", *(f"  vitac-tui {line}" for line in command.examples)])


def _overview(commands: Sequence[Command]) -> str:
    """Return the help of `vitac-tui` itself: the commands by group, a line each."""
    lines = ["usage: vitac-tui [COMMAND] [OPTIONS]", "", DESCRIPTION.rstrip()]
    shown = {command.name: _usage(command) for command in commands}
    width = max(map(len, shown.values()))
    for group in dict.fromkeys(command.group for command in commands):
        lines += ["", f"{group}:"]
        lines += [
            f"  {shown[command.name]:{width}}  {command.help}"
            for command in commands
            if command.group == group
        ]
    lines += ["", "examples:"]
    width = max(len(line) for line, _ in EXAMPLES)
    lines += [f"  vitac-tui {line:{width}}  # {why}" for line, why in EXAMPLES]
    lines += [
        "",
        "`vitac-tui COMMAND --help` describes the options of a command; they may also stand before",
        "it. `vitac-tui --batch PRESET` is the same as `vitac-tui run PRESET`, and `--version`",
        "prints the version.",
        "",
        EXIT_CODES,
    ]
    return "\n".join(lines)


def _usage(command: Command) -> str:
    """Return a command with its positional arguments."""
    arguments = [
        f"[{more['metavar']}]" if more.get("nargs") == "?" else str(more["metavar"])
        for name, more in command.arguments.items()
        if not name.startswith("--")
    ]
    return " ".join([command.name, *arguments])
