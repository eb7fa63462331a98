"""What a case of the corpus is, and how one is added.

A kind of input has a maker of a sound one and the commands that read it. A case spoils the sound
one and says which words the command's one line must hold:

    add = kind("preset", preset, "preset show p.toml")
    add("no number", write("p.toml", "seed = x"), "p.toml:1: is not valid TOML")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Make = Callable[[Path], object]  # writes into the folder that it is given


@dataclass(frozen=True)
class Case:
    """A broken input and what must come of it.

    Attributes:
        sound: makes the whole input, in an empty folder.
        spoil: breaks it.
        commands: what is called in that folder; each must end in the same way.
        says: what the one line on stderr holds, or one of the output where the code is 0;
            " ... " stands for any text.
        code: the exit code.
        may_write: names of files that the command may leave behind or change.
    """

    kind: str
    name: str
    sound: Make
    spoil: Make
    commands: tuple[tuple[str, ...], ...]
    says: str
    code: int = 2
    may_write: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


CASES: list[Case] = []


def kind(
    name: str, sound: Make, *commands: str, code: int = 2, may_write: tuple[str, ...] = ()
) -> Callable[..., None]:
    """Declare a kind of input; gives what adds a case of it.

    Args:
        name: of the kind.
        sound: makes a sound input.
        commands: command lines without the program, their words between spaces.
        code: the exit code unless a case says another.
        may_write: as of a case.
    """

    def add(case: str, spoil: Make, says: str, *arguments: str, code: int = code) -> None:
        lines = tuple((*command.split(), *arguments) for command in commands)
        CASES.append(Case(name, case, sound, spoil, lines, says, code, may_write))

    return add


def write(path: str, content: str | bytes) -> Make:
    """Writes a file."""
    data = content.encode() if isinstance(content, str) else content

    def spoil(folder: Path) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)

    return spoil


def change(path: str, old: str, new: str) -> Make:
    """Replaces a text within a file, which must hold it."""

    def spoil(folder: Path) -> None:
        text = (folder / path).read_text()
        assert old in text, text
        (folder / path).write_text(text.replace(old, new))

    return spoil


def nothing(_folder: Path) -> None:
    """Leaves the input as it is: what is broken is the command line."""


def both(*spoils: Make) -> Make:
    """Spoils in several ways."""

    def spoil(folder: Path) -> None:
        for each in spoils:
            each(folder)

    return spoil
