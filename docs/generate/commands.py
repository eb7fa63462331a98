"""The page of commands and options, from their declarations."""

from __future__ import annotations

from collections.abc import Iterator

from vitac_tui.commands.options import OPTIONS
from vitac_tui.commands.parser import EXIT_CODES
from vitac_tui.commands.table import COMMANDS, Command

HEAD = """\
# Commands

Generated from the declarations in `vitac_tui/commands/` by `make reference`. Results go to stdout,
everything else to stderr. Options may stand before or after the command. `vitac-tui` without a
command opens the app. `vitac-tui --batch PRESET` is the same as `vitac-tui run PRESET`, and
`python -m vitac_tui` the same as `vitac-tui`.
"""


def markdown() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for group in dict.fromkeys(command.group for command in COMMANDS):
        parts.append(f"\n## {group[0].upper()}{group[1:]}\n")
        parts += [_section(command) for command in COMMANDS if command.group == group]
    codes = [line.split(maxsplit=1) for line in EXIT_CODES.splitlines()[1:]]
    rows = "".join(f"| {code} | {meaning} |\n" for code, meaning in codes)
    parts.append(f"\n## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}")
    return "".join(parts)


def _section(command: Command) -> str:
    positionals = [
        str(more["metavar"]) for name, more in command.arguments.items() if not name.startswith("-")
    ]
    title = " ".join(["vitac-tui", command.name, *positionals])
    details = f"\n{_cell(command.details)}\n" if command.details else ""
    rows = "".join(f"| `{name}` | {_cell(help_text)} |\n" for name, help_text in _rows(command))
    examples = "".join(f"vitac-tui {line}\n" for line in command.examples)
    return (
        f"\n### `{title}`\n\n{command.help[0].upper()}{command.help[1:]}.\n{details}"
        f"\n| argument | meaning |\n|---|---|\n{rows}\n```\n{examples}```\n"
    )


def _rows(command: Command) -> Iterator[tuple[str, str]]:
    """Yield the arguments of a command as typed, each with its help."""
    for name, more in command.arguments.items():
        metavar = str(more.get("metavar", ""))
        yield (f"{name} {metavar}".strip() if name.startswith("-") else metavar), more["help"]
    for name, option in OPTIONS.items():
        if name in (*command.options, *command.shown):
            yield f"{name} {option.more.get('metavar', '')}".strip(), option.help


def _cell(text: str) -> str:
    return text.replace("|", "&#124;").replace("*execution*", "\\*execution\\*")
