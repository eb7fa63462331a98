"""Every broken input ends in its exit code with one line, and leaves everything as it was."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from corpus import checkpoints, datasets, images, presets, runs
from corpus.case import CASES, Case, Make
from corpus.limits import limited
from support import Command

from vitac_tui.cli import main
from vitac_tui.system.atomic import TEMPORARY

assert all((presets, datasets, images, checkpoints, runs))  # importing them fills CASES

PATIENCE_S = 20  # a command that waits for a pipe would wait for ever

Whole = dict[str, tuple[int, str]]


def names(case: Case) -> str:
    return str(case).encode("unicode_escape").decode()[:80]


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Make], Path]:
    """Sound inputs, each made once."""
    made: dict[Make, Path] = {}

    def folder_of(make: Make) -> Path:
        if make not in made:
            made[make] = tmp_path_factory.mktemp("sound")
            make(made[make])
        return made[make]

    return folder_of


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder; what commands keep of their own lies beside it."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "work"


def inventory(folder: Path, passed_over: tuple[str, ...]) -> Whole:
    """Everything below a folder: its mode, and its content or where it points."""
    found: Whole = {}
    for parent, folders, files in os.walk(folder):
        for name in chain(folders, files):
            if name in passed_over:
                continue
            path = Path(parent, name)
            mode = path.lstat().st_mode
            content = ""
            if stat.S_ISLNK(mode):
                content = str(path.readlink())
            elif stat.S_ISREG(mode) and path.lstat().st_size < 1 << 26:
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            found[os.path.relpath(path, folder)] = (mode, content)
    return found


def leftovers(folder: Path) -> list[str]:
    """Files that somebody meant to rename or delete."""
    marks = (TEMPORARY, ".new-", ".building")
    return [path for path in inventory(folder, ()) if Path(path).name.startswith(marks)]


def check(case: Case, place: Path, run: Callable[[tuple[str, ...]], tuple[int, str, str]]) -> None:
    case.spoil(place)
    before = inventory(place, case.may_write)
    for command in case.commands:
        code, out, err = run(command)
        assert "Traceback" not in err, command
        assert code == case.code, (command, out, err)
        parts = case.says.split(" ... ")
        if code == 0:
            lines = ["", *(out + err).splitlines()]
            assert any(all(part in line for part in parts) for line in lines), (command, lines)
        else:
            (line,) = err.splitlines()
            assert (out, line.startswith("vitac-tui: ")) == ("", True), (command, out, err)
            assert all(part in line for part in parts), line
            assert line.isprintable()
            assert len(line) < 3000
        assert inventory(place, case.may_write) == before
        assert not leftovers(place.parent)


@pytest.mark.parametrize("case", CASES, ids=names)
def test_a_broken_input_is_refused(
    case: Case,
    sound: Callable[[Make], Path],
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(sound(case.sound), place, symlinks=True)
    monkeypatch.chdir(place)

    def run(command: tuple[str, ...]) -> tuple[int, str, str]:
        with limited(PATIENCE_S):
            code = main(command)
        return (code, *capsys.readouterr())

    check(case, place, run)


def as_process(case: Case, sound: Callable[[Make], Path], place: Path, command: Command) -> None:
    shutil.copytree(sound(case.sound), place, symlinks=True)

    def run(words: tuple[str, ...]) -> tuple[int, str, str]:
        done = command(*words, cwd=place)
        return done.returncode, done.stdout, done.stderr

    check(case, place, run)


#: One of each kind, by a command that does not load torch, which takes seconds.
SAMPLE = [
    replace(first, commands=first.commands[:1])
    for first in {case.kind: case for case in reversed(CASES)}.values()
    if not {"--batch", "resume"} & set(first.commands[0])
]


@pytest.mark.parametrize("case", SAMPLE, ids=names)
def test_a_process_ends_as_the_function_does(
    case: Case, sound: Callable[[Make], Path], place: Path, vitac_tui: Command
) -> None:
    as_process(case, sound, place, vitac_tui)


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not any("\0" in word for line in case.commands for word in line)],
    ids=names,
)
def test_every_case_as_a_process(
    case: Case, sound: Callable[[Make], Path], place: Path, vitac_tui: Command
) -> None:
    as_process(case, sound, place, vitac_tui)


def test_the_corpus_is_large_and_every_case_has_a_name_of_its_own() -> None:
    assert len(CASES) >= 200
    assert len({str(case) for case in CASES}) == len(CASES)
