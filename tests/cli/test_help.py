"""`--help`: short for the program, complete for a command, true of what the command takes."""

import shlex

import pytest

from vitac_tui.cli import main
from vitac_tui.commands.options import EVERYWHERE, OPTIONS
from vitac_tui.commands.parser import EXAMPLES, parse
from vitac_tui.commands.table import COMMANDS, Command
from vitac_tui.errors import ExitCode

each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


def help_of(arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main([*arguments.split(), "--help"]) == 0
    return capsys.readouterr().out


def test_the_overview_fits_a_screen_and_names_every_command_and_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = help_of("", capsys).splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 100
    for command in COMMANDS:
        assert [line for line in lines if line.startswith(f"  {command.name} ")]
    for code in ExitCode:
        assert [line for line in lines if line.startswith(f"  {code:d} ")]


@each_command
def test_a_commands_help_shows_the_options_that_it_takes_and_no_other(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    words = help_of(command.name, capsys).replace("[", " ").replace("]", " ").split("examples:")[0]
    for option in OPTIONS:
        shown = option in (*command.options, *command.shown)
        assert (option in words.split()) == shown, option


def examples() -> list[str]:
    of_commands = [line for command in COMMANDS for line in command.examples]
    return [*of_commands, *(line for line, _ in EXAMPLES)]


@pytest.mark.parametrize("line", examples())
def test_every_example_parses(line: str) -> None:
    arguments = shlex.split(line.partition(">")[0], comments=True)
    command, _ = parse(arguments)
    assert line.startswith(command.name)


@each_command
def test_an_option_that_a_command_does_not_take_is_refused(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = [option for option in OPTIONS if option not in (*command.options, *EVERYWHERE)]
    required = [
        "x"
        for name, more in command.arguments.items()
        if not name.startswith("--") and more.get("nargs") != "?"
    ]
    for option in foreign:
        value = ["1"] if option in ("--set", "--device", "--run", "--max-time") else []
        for arguments in (
            [option, *value, *command.name.split(), *required],
            [*command.name.split(), *required, option, *value],
        ):
            assert main(arguments) == 2
            shown = capsys.readouterr().err
            assert f"{option} has no meaning for {command.name}" in shown
            assert f"see vitac-tui {command.name} --help" in shown


def test_batch_is_another_name_for_run() -> None:
    options = ["--run", "a", "--set", "seed=1"]
    command, args = parse(["run", "demo", *options])
    same, batch = parse([*options, "--batch", "demo"])
    assert command is same
    keep = vars(args).keys() - {"command", "parser"}
    assert {key: getattr(batch, key) for key in keep} == {key: getattr(args, key) for key in keep}
