"""The page of commands and options, from the argument parser."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from vitac_tui import cli
from vitac_tui.errors import ExitCode

HEAD = """\
# Commands

Generated from the argument parser by `make reference`. Results go to stdout and everything else to
stderr. `python -m vitac_tui` is the same command.
"""
EXIT_CODES = {
    ExitCode.DONE: "done",
    ExitCode.USAGE: "wrong usage, preset or dataset; the message names file, line and key",
    ExitCode.FAILED: "the run failed, or output was lost; for `replay`: the results differ",
    ExitCode.STOPPED: "stopped on request",
    ExitCode.RESUMABLE: "ended by `--max-time` or SIGTERM; `resume` continues it",
    ExitCode.INTERRUPTED: "interrupted (SIGINT)",
}


def markdown() -> str:
    """Return the whole page."""
    parser = cli._parser([])
    leaves = list(_leaves(parser))
    common = set.intersection(*(set(map(_row, _options(leaf))) for leaf in leaves))
    own_rows = [row for row in map(_row, _options(parser)) if row not in common]
    common_rows = [row for row in map(_row, _options(leaves[0])) if row in common]
    parts = [HEAD, _section(parser, own_rows), "\n## Options of every command\n\n"]
    parts.append(_table(common_rows))
    for leaf in leaves:
        parts.append(_section(leaf, [r for r in map(_row, _options(leaf)) if r not in common]))
    rows = "".join(f"| {int(code)} | {meaning} |\n" for code, meaning in EXIT_CODES.items())
    parts.append(f"\n## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}")
    return "".join(parts)


def _leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parsers of all commands that do something, in order."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                nested = list(_leaves(child))
                yield from nested or [child]


def _section(parser: argparse.ArgumentParser, rows: list[str]) -> str:
    positionals = [
        str(action.metavar or action.dest)
        for action in parser._actions
        if not action.option_strings and not isinstance(action, argparse._SubParsersAction)
    ]
    title = " ".join([parser.prog, *positionals])
    table = f"\n{_table(rows)}" if rows else ""
    return f"\n## `{title}`\n\n{_help_of(parser)}\n{table}"


def _table(rows: list[str]) -> str:
    return f"| argument | meaning |\n|---|---|\n{''.join(rows)}"


def _help_of(parser: argparse.ArgumentParser) -> str:
    text = (parser.description or _summary(parser.prog) or "").strip()
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."


def _summary(prog: str) -> str:
    """Return the one-line help that the parent parser has for a command."""
    parser: argparse.ArgumentParser | None = cli._parser([])
    found = ""
    for name in prog.split()[1:]:
        for action in parser._actions if parser else ():
            if isinstance(action, argparse._SubParsersAction) and name in action.choices:
                found = next(
                    (c.help or "" for c in action._choices_actions if c.dest == name), found
                )
                parser = action.choices[name]
                break
    return found


def _options(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        hidden = action.help is argparse.SUPPRESS or not (action.option_strings or action.help)
        if not hidden and not isinstance(action, argparse._SubParsersAction):
            yield action


def _row(action: argparse.Action) -> str:
    names = ", ".join(f"`{name}`" for name in action.option_strings)
    metavar = str(action.metavar or action.dest)
    if not names:
        names = f"`{metavar}`"
    elif action.nargs != 0:
        names = names.replace("`", f" {metavar}`").replace(f" {metavar}`", "`", 1)
    help_text = (action.help or "").replace("|", "&#124;")
    return f"| {names} | {help_text} |\n"
