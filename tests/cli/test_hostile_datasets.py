"""Broken datasets: refused in one line that names the culprit, before there is a run."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support import refused, write_stripes

from vitac_tui.cli import main


def listed(text: str) -> Callable[[Path], None]:
    """Writes a list into the dataset."""
    return lambda root: (root / "all.csv").write_text(text) and None


def torn(*classes: str) -> Callable[[Path], None]:
    """Spoils all images of some classes."""

    def spoil(root: Path) -> None:
        for name in classes:
            for path in (root / name).iterdir():
                path.write_bytes(b"torn")

    return spoil


def only(*classes: str) -> Callable[[Path], None]:
    """Moves all other classes away."""

    def move(root: Path) -> None:
        for path in list(root.iterdir()):
            if path.name not in classes:
                path.rename(root / f".{path.name}")

    return move


def linked(name: str, target: str) -> Callable[[Path], None]:
    """Puts a link among the images of a class."""
    return lambda root: (root / "class0" / name).symlink_to(target)


def with_fifo(root: Path) -> None:
    os.mkfifo(root / "fifo.png")
    listed(f"{A} 0\nfifo.png 1\n")(root)


def as_it_is(_root: Path) -> None:
    pass


A, B = "class0/g0_0.png", "class1/g0_0.png"
LIST = ["layout=list", "list=all.csv"]
#: How three good classes are broken, the settings to read them with, what the one line must say.
BROKEN = {
    "empty class": (lambda root: (root / "linen").mkdir(), [], "'linen' holds no image"),
    "no image": (only(), [], "there is no"),
    "link to itself": (linked("loop", "loop"), [], "class0/loop: cannot be read"),
    "link out": (linked("out.png", "/etc/hosts"), [], "class0/out.png: the link leads out"),
    "group": (as_it_is, ["group=(nothing)_"], "names a group for none of 36"),
    "pattern": (
        as_it_is, ["layout=pattern", f"pattern={{class}}/{'*' * 40}x"], "matches none of 36"
    ),
    "listed fifo": (with_fifo, LIST, "all.csv:2: 'fifo.png' is no regular file"),
    "listed outside": (listed(f"{A} 0\n/etc/hosts 1\n"), LIST, "all.csv:2: '/etc/hosts' leads out"),
    "test only": (
        listed(f"{A} 0\n{B} 1\n"), ["layout=list", "test_list=all.csv"], "no training images"
    ),
    "NUL": (listed(f"{A} 0\n{B}\0 1\n"), LIST, "all.csv:2: the line holds a NUL"),
    "nan": (listed(f"{A} 0\n{B} nan\n"), LIST, "all.csv:2: the label nan"),
    "negative": (listed(f"{A} 0\n{B} -1\n"), LIST, "all.csv:2: the label -1 is no class number"),
    "quote": (listed(f'path,label\n{A},0\n"{B},1\n'), LIST, "all.csv:3: the row is no CSV"),
    "ragged": (listed(f"path,label\n{A},0\nx,{B},1\n"), LIST, "all.csv:3: the row has 3 fields"),
    "columns": (listed(f"path,label,label\n{A},0,1\n"), LIST, "all.csv:1: the header"),
}  # fmt: skip
UNREADABLE = {
    "a class": (torn("class1"), [], "no image of class 'class1' can be decoded"),
    "all classes": (torn("class0", "class1", "class2"), [], "36 of 36 images"),
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write_stripes(tmp_path / "set", size=16)


def options(sets: list[str]) -> list[str]:
    return [part for text in sets for part in ("--set", f"dataset.{text}")]


@pytest.mark.parametrize("spoil, sets, expected", BROKEN.values(), ids=BROKEN)
def test_neither_a_run_nor_a_check_takes_it(root: Path, capsys, spoil, sets, expected: str) -> None:
    spoil(root)
    line = refused(
        ["--quiet", "--batch", "folder", *options([f"root={root}", "split.by=image", *sets])],
        capsys,
    )
    assert expected in line
    assert not Path("runs").exists()
    assert expected in refused(["dataset", "check", str(root), *options(sets)], capsys)


@pytest.mark.parametrize("spoil, sets, expected", UNREADABLE.values(), ids=UNREADABLE)
def test_a_check_finds_what_only_decoding_tells(root, capsys, spoil, sets, expected) -> None:
    spoil(root)
    line = refused(["--quiet", "dataset", "check", str(root), *options(sets)], capsys)
    assert expected in line
    assert "max_corrupt" not in line


@pytest.mark.parametrize("name", ["nowhere", "~nosuchuser/set", "set\udcff", "set\x1b[2J"])
def test_a_root_that_cannot_be_is_named(root: Path, capsys, name: str) -> None:
    if name != "nowhere":
        root.rename(name.replace("/", "-"))
    expected = "is no UTF-8 text" if "\udcff" in name else "dataset.root: "
    assert expected in refused(["dataset", "check", name + "/x"], capsys)


@pytest.mark.parametrize("cache", ["taken", "taken/deeper", "/dev/null", r'"nul\u0000"'])
def test_a_cache_that_cannot_be_written_is_known_before_the_run(root, capsys, cache: str) -> None:
    Path("taken").write_text("a file")
    sets = options([f"root={root}", "split.by=image", f"cache={cache}"])
    assert "dataset.cache: " in refused(["--quiet", "--batch", "folder", *sets], capsys)
    assert not Path("runs").exists()


@pytest.mark.parametrize("text", ["nonsense=3", "modality=smell", "split.val=2"])
def test_a_setting_that_is_wrong_whatever_the_layout_is_said_itself(root, capsys, text) -> None:
    line = refused(["dataset", "check", str(root), *options([text])], capsys)
    assert line.startswith(f"vitac-tui: --set dataset.{text}: ")


def test_one_class_is_a_finding_of_a_check_and_no_run(root: Path, capsys) -> None:
    only("class1")(root)
    sets = options([f"root={root}", "split.by=image"])
    assert "one class only" in refused(["--quiet", "--batch", "folder", *sets], capsys)
    assert main(["dataset", "check", str(root), "--json"]) == 0
    assert "there is one class only, class1" in capsys.readouterr().out


def test_odd_names_and_what_is_no_file_do_not_matter(root: Path, capsys) -> None:
    for number, name in enumerate(("odd\n\x1b[2J", "odd\udcff", "o" * 255)):
        (root / f"class{number}").rename(root / name)
    os.mkfifo(root / "odd\udcff" / "pipe.png")
    assert main(["--quiet", "dataset", "check", str(root), "--json"]) == 0
    assert r"odd\\udcff" in capsys.readouterr().out
